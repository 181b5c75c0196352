#include "platform/service/probe.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace darkroom {

namespace {

constexpr std::string_view request = "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
constexpr std::string_view wanted = "HTTP/1.1 200 ";

/// One blocking exchange with a deadline over all of it.
class Probe {
public:
    Probe(int family, Milliseconds limit)
        : socket_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)), deadline_(SteadyClock::now() + limit) {}
    ~Probe() { ::close(socket_); }
    Probe(const Probe&) = delete;
    Probe& operator=(const Probe&) = delete;

    bool connect(const void* address, socklen_t size) const {
        if (::connect(socket_, static_cast<const sockaddr*>(address), size) == 0) return true;
        int error = errno;
        socklen_t length = sizeof error;
        return error == EINPROGRESS && wait(POLLOUT) && ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
               error == 0;
    }

    /// The status line is all that matters; it is within the first bytes, which may come one by one.
    bool is_ready() const {
        if (::send(socket_, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) return false;
        char head[wanted.size()];
        std::size_t size = 0;
        while (size < sizeof head && wait(POLLIN)) {
            const auto count = ::recv(socket_, head + size, sizeof head - size, 0);
            if (count <= 0) return false;
            size += static_cast<std::size_t>(count);
        }
        return std::string_view(head, size) == wanted;
    }

private:
    bool wait(short events) const {
        const auto left = std::chrono::ceil<Milliseconds>(deadline_ - SteadyClock::now()).count();
        pollfd entry{socket_, events, 0};
        return left > 0 && ::poll(&entry, 1, static_cast<int>(left)) == 1;
    }

    int socket_;
    SteadyClock::time_point deadline_;
};

}  // namespace

bool answers_ready(const std::string& bind, std::uint16_t port, Milliseconds limit) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    if (bind.find(':') != std::string::npos) {
        if (::inet_pton(AF_INET6, bind == "::" ? "::1" : bind.c_str(), &six.sin6_addr) != 1) return false;
        const Probe probe(AF_INET6, limit);
        return probe.connect(&six, sizeof six) && probe.is_ready();
    }
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    const bool everywhere = bind == "0.0.0.0" || bind == "localhost";
    if (::inet_pton(AF_INET, everywhere ? "127.0.0.1" : bind.c_str(), &four.sin_addr) != 1) return false;
    const Probe probe(AF_INET, limit);
    return probe.connect(&four, sizeof four) && probe.is_ready();
}

}  // namespace darkroom
