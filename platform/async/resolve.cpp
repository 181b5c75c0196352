#include "platform/async/resolve.hpp"

#include <arpa/inet.h>
#include <netdb.h>

#include <algorithm>
#include <memory>

namespace darkroom {

namespace {

std::string address_text(const sockaddr& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.sa_family == AF_INET) {
        sockaddr_in four{};
        std::copy_n(static_cast<const char*>(static_cast<const void*>(&address)), sizeof four,
                    static_cast<char*>(static_cast<void*>(&four)));
        inet_ntop(AF_INET, &four.sin_addr, text, sizeof text);
    } else if (address.sa_family == AF_INET6) {
        sockaddr_in6 six{};
        std::copy_n(static_cast<const char*>(static_cast<const void*>(&address)), sizeof six,
                    static_cast<char*>(static_cast<void*>(&six)));
        inet_ntop(AF_INET6, &six.sin6_addr, text, sizeof text);
    }
    return text;
}

std::vector<std::string> look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int error = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (error != 0) {
        fail({Kind::unavailable, "name_not_found", "cannot resolve " + host + ": " + gai_strerror(error), {}, Seconds{1}});
    }
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    std::vector<std::string> addresses;
    for (const auto* entry = found; entry != nullptr; entry = entry->ai_next) {
        auto text = address_text(*entry->ai_addr);
        if (!text.empty() && std::ranges::find(addresses, text) == addresses.end()) addresses.push_back(std::move(text));
    }
    if (addresses.empty()) fail({Kind::unavailable, "name_not_found", host + " has no address", {}, Seconds{1}});
    return addresses;
}

}  // namespace

awaitable<std::vector<std::string>> resolve_host(CpuPool& cpu, std::string host) {
    boost::system::error_code not_an_address;
    net::ip::make_address(host, not_an_address);
    if (!not_an_address) {
        std::vector<std::string> as_given{std::move(host)};
        co_return as_given;
    }
    const auto work = [host = std::move(host)] { return look_up(host); };
    auto addresses = co_await cpu.run(work);
    co_return addresses;
}

}  // namespace darkroom
