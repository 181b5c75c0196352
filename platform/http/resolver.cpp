#include "platform/http/resolver.hpp"

#include "platform/async/deadline.hpp"
#include "platform/async/resolve.hpp"

namespace darkroom::http {

namespace {

/// Short, so that a container that comes back with another address is found again.
constexpr Seconds cache_time{5};
/// Origins come from configuration; this only keeps a mistake from growing without end.
constexpr std::size_t most_cached = 1000;

}  // namespace

awaitable<std::vector<net::ip::address>> Resolver::look_up(std::string host, Milliseconds limit) {
    const auto cached = cache_.find(host);
    if (cached != cache_.end() && cached->second.expires > SteadyClock::now()) co_return cached->second.addresses;
    std::vector<std::string> texts;
    try {
        texts = co_await with_deadline(limit, "the name look-up", resolve_host(pool_, host));
    } catch (const Failure&) {  // unknown, slow or too many at once: nobody can be reached
        texts.clear();
    }
    if (texts.empty()) fail({Kind::unavailable, "upstream_unavailable", "the host name " + host + " cannot be resolved"});
    std::vector<net::ip::address> found;
    for (const auto& text : texts) found.push_back(net::ip::make_address(text));
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
