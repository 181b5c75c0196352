#include "services/auth/address_limit.hpp"

#include "platform/http/client_address.hpp"

namespace darkroom::accounts {

namespace {

constexpr std::size_t max_here = 10'000;

/// An IPv6 subscriber has a whole network.
std::string key_of(std::string_view address) {
    return "darkroom:login:failures:" + http::limit_key_of(address);
}

}  // namespace

awaitable<std::optional<Seconds>> AddressLimit::barred_for(std::string address) {
    if (address.empty()) co_return std::nullopt;
    const auto key = key_of(address);
    if (const auto known = here_.find(key); known != here_.end()) {
        const auto left = std::chrono::ceil<Seconds>(known->second.forget_at - SteadyClock::now());
        if (left <= Seconds{0})
            here_.erase(known);
        else if (known->second.failures >= max_failures)
            co_return left;
    }
    std::optional<Seconds> barred;
    try {
        const auto replies = co_await redis_.commands({{"GET", key}, {"TTL", key}});
        const bool many = replies[0].is_text() && std::atoll(std::string(replies[0].text()).c_str()) >= max_failures;
        if (many) barred = Seconds{std::max<std::int64_t>(replies[1].integer(), 1)};
    } catch (const Failure&) {  // Redis is away: what was counted here decides
    }
    co_return barred;
}

awaitable<> AddressLimit::count(std::string address) {
    if (address.empty()) co_return;
    const auto key = key_of(address);
    bool counted = false;
    try {
        co_await redis_.commands({{"INCR", key}, {"EXPIRE", key, std::to_string(window.count()), "NX"}});
        counted = true;
    } catch (const Failure&) {  // Redis is away
    }
    if (!counted) count_here(key);
}

void AddressLimit::count_here(const std::string& key) {
    if (here_.size() >= max_here) here_.clear();
    auto& entry = here_[key];
    if (entry.failures == 0) entry.forget_at = SteadyClock::now() + window;
    ++entry.failures;
}

}  // namespace darkroom::accounts
