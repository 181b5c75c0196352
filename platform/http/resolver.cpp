#include "platform/http/resolver.hpp"

#include "platform/async/deadline.hpp"

#include <netdb.h>

#include <memory>

namespace darkroom::http {

namespace {

/// Short, so that a container that comes back with another address is found again.
constexpr Seconds cache_time{5};
/// Origins come from configuration; this only keeps a mistake from growing without end.
constexpr std::size_t most_cached = 1000;

std::vector<net::ip::address> addresses_of(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(failed == 0 ? list : nullptr, &::freeaddrinfo);
    std::vector<net::ip::address> found;
    for (const auto* entry = owner.get(); entry != nullptr; entry = entry->ai_next) {
        net::ip::tcp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        found.push_back(endpoint.address());
    }
    return found;
}

}  // namespace

awaitable<std::vector<net::ip::address>> Resolver::look_up(std::string host, Milliseconds limit) {
    const auto cached = cache_.find(host);
    if (cached != cache_.end() && cached->second.expires > SteadyClock::now()) co_return cached->second.addresses;
    const auto work = [host] { return addresses_of(host); };
    auto found = co_await with_deadline(limit, "the name look-up", pool_.run(work));
    if (found.empty()) fail({Kind::unavailable, "upstream_unavailable", "the host name " + host + " is not known"});
    if (cache_.size() >= most_cached) cache_.clear();
    cache_[host] = {found, SteadyClock::now() + cache_time};
    co_return found;
}

awaitable<std::vector<net::ip::tcp::endpoint>> Resolver::resolve(std::string host, std::uint16_t port, Milliseconds limit) {
    boost::system::error_code error;
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    const auto literal = net::ip::make_address(bracketed ? host.substr(1, host.size() - 2) : host, error);
    std::vector<net::ip::tcp::endpoint> endpoints;
    if (!error) {
        endpoints.emplace_back(literal, port);
        co_return endpoints;
    }
    const auto addresses = co_await look_up(std::move(host), limit);
    for (const auto& address : addresses) endpoints.emplace_back(address, port);
    co_return endpoints;
}

}  // namespace darkroom::http
