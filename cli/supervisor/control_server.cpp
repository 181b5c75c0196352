#include "cli/supervisor/control_server.hpp"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>

namespace darkroom::cli {

namespace {

constexpr std::size_t most_clients = 16;
constexpr std::size_t longest_request = 4096;
constexpr Seconds patience{5};

}  // namespace

ControlServer::ControlServer(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) throw std::runtime_error("the path of the control socket is too long: " + path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    listener_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::unlink(path.c_str());
    const auto* generic = static_cast<const sockaddr*>(static_cast<const void*>(&address));
    if (::bind(listener_.get(), generic, sizeof address) != 0 || ::listen(listener_.get(), 16) != 0) {
        throw std::runtime_error(fmt::format("cannot listen on {}: {}", path, std::strerror(errno)));
    }
    ::chmod(path.c_str(), 0600);
}

void ControlServer::add_to(std::vector<pollfd>& descriptors) const {
    descriptors.push_back({listener_.get(), POLLIN, 0});
    for (const auto& client : clients_) descriptors.push_back({client.socket.get(), POLLIN, 0});
}

void ControlServer::serve(const std::vector<pollfd>& descriptors, const Answer& answer) {
    const auto ready = [&](int fd) {
        return std::ranges::any_of(descriptors, [fd](const pollfd& entry) { return entry.fd == fd && entry.revents != 0; });
    };
    const auto now = SteadyClock::now();
    for (auto& client : clients_) {
        if (ready(client.socket.get())) read(client, answer);
        // A client that connects and says nothing must not hold its place for ever.
        if (now - client.accepted > patience) client.done = true;
    }
    std::erase_if(clients_, [](const Client& client) { return client.done; });
    if (ready(listener_.get())) accept();
}

void ControlServer::accept() {
    const int fd = ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    Descriptor socket(fd);
    if (clients_.size() < most_clients) clients_.push_back({std::move(socket), {}, SteadyClock::now()});
}

void ControlServer::read(Client& client, const Answer& answer) {
    char buffer[1024];
    const auto count = ::recv(client.socket.get(), buffer, sizeof buffer, 0);
    if (count > 0) client.request.append(buffer, static_cast<std::size_t>(count));
    const auto end = client.request.find('\n');
    if (end != std::string::npos) {
        // The answer fits the socket's buffer: a few kilobytes.
        const auto text = answer(std::string_view(client.request).substr(0, end)) + '\n';
        ::send(client.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        client.done = true;
    }
    if (count <= 0 || client.request.size() > longest_request) client.done = true;
}

}  // namespace darkroom::cli
