#include "cli/connection.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <memory>

namespace darkroom::cli {

namespace {

constexpr std::size_t longest_answer = 16 * 1024 * 1024;

}  // namespace

std::optional<Connection> Connection::connect(int family, const void* address, unsigned size, Milliseconds limit) {
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    Connection connection(std::move(socket), SteadyClock::now() + limit);
    const int fd = connection.socket_.get();
    if (::connect(fd, static_cast<const sockaddr*>(address), size) == 0) return connection;
    int error = errno;
    socklen_t length = sizeof error;
    if (error != EINPROGRESS || !connection.wait(POLLOUT)) return std::nullopt;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) return std::nullopt;
    return connection;
}

std::optional<Connection> Connection::to_tcp(const std::string& host, std::uint16_t port, Milliseconds limit) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) return connect(AF_INET, &four, sizeof four, limit);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) return connect(AF_INET6, &six, sizeof six, limit);
    return to_name(host, port, limit);
}

std::optional<Connection> Connection::to_name(const std::string& host, std::uint16_t port, Milliseconds limit) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* first = nullptr;
    if (::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &wanted, &first) != 0) return std::nullopt;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(first, &::freeaddrinfo);
    for (const auto* one = first; one != nullptr; one = one->ai_next) {
        if (auto connection = connect(one->ai_family, one->ai_addr, one->ai_addrlen, limit)) return connection;
    }
    return std::nullopt;
}

std::optional<Connection> Connection::to_unix(const std::string& path, Milliseconds limit) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) return std::nullopt;
    std::memcpy(address.sun_path, path.c_str(), path.size());
    return connect(AF_UNIX, &address, sizeof address, limit);
}

bool Connection::wait(short events) const {
    const auto left = std::chrono::ceil<Milliseconds>(deadline_ - SteadyClock::now()).count();
    if (left <= 0) return false;
    pollfd entry{socket_.get(), events, 0};
    return ::poll(&entry, 1, static_cast<int>(left)) == 1;
}

bool Connection::send_all(std::string_view bytes) const {
    while (!bytes.empty()) {
        const auto count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (errno != EAGAIN || !wait(POLLOUT)) {
            return false;
        }
    }
    return true;
}

std::string Connection::exchange(std::string_view request) {
    return exchange_until(request, {});
}

std::string Connection::exchange_until(std::string_view request, std::string_view end) {
    std::string answer;
    if (!send_all(request)) return answer;
    char buffer[8192];
    while (answer.size() < longest_answer && wait(POLLIN)) {
        const auto count = ::recv(socket_.get(), buffer, sizeof buffer, 0);
        if (count <= 0) break;
        answer.append(buffer, static_cast<std::size_t>(count));
        if (!end.empty() && answer.find(end) != std::string::npos) break;
    }
    return answer;
}

}  // namespace darkroom::cli
