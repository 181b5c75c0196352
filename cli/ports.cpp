#include "cli/ports.hpp"

#include "cli/process.hpp"

#include <fmt/format.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view listening = "0A";

/// Inodes of the sockets that listen on the port, from /proc/net/tcp and tcp6.
std::set<std::string> listeners(std::uint16_t port) {
    const auto suffix = fmt::format(":{:04X}", port);
    std::set<std::string> inodes;
    for (const auto* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
        std::ifstream file(path);
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            std::istringstream words(line);
            std::string slot, local, remote, state, skipped, inode;
            words >> slot >> local >> remote >> state;
            for (int i = 0; i < 5; ++i) words >> skipped;
            words >> inode;
            if (state == listening && local.ends_with(suffix)) inodes.insert("socket:[" + inode + "]");
        }
    }
    return inodes;
}

template <class Address>
bool can_bind(int family, const Address& address) {
    const Descriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return ::bind(socket.get(), static_cast<const sockaddr*>(static_cast<const void*>(&address)), sizeof address) == 0 ||
           errno != EADDRINUSE;
}

}  // namespace

bool is_free(const std::string& host, std::uint16_t port) {
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) return can_bind(AF_INET, four);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    return ::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) != 1 || can_bind(AF_INET6, six);
}

std::string owner_of_port(std::uint16_t port) {
    const auto sockets = listeners(port);
    std::error_code error;
    for (const auto& process : fs::directory_iterator("/proc", error)) {
        const auto pid = static_cast<pid_t>(std::strtol(process.path().filename().c_str(), nullptr, 10));
        if (pid <= 0) continue;
        std::error_code unreadable;
        for (const auto& descriptor : fs::directory_iterator(process.path() / "fd", unreadable)) {
            std::error_code gone;
            if (sockets.contains(fs::read_symlink(descriptor, gone).string())) {
                return fmt::format("{} (pid {})", command_name(pid), pid);
            }
        }
    }
    return "another process";
}

}  // namespace darkroom::cli
