#include "platform/http/client_pool.hpp"

#include "platform/core/error.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>

namespace darkroom::http {

namespace {

[[noreturn]] void fail_busy(std::string_view origin) {
    fail({Kind::unavailable, "upstream_unavailable", fmt::format("too many requests to {} are running", origin)});
}

/// An idle connection that is readable was closed by the peer, or says what nobody asked for.
bool is_alive(TcpSocket& socket) {
    char byte = 0;
    return ::recv(socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/// Long enough that a dead instance is not asked by every request, short enough that it is found again soon.
constexpr Milliseconds avoidance = 1s;

Milliseconds left_until(SteadyClock::time_point end) {
    return std::max(Milliseconds{1}, std::chrono::ceil<Milliseconds>(end - SteadyClock::now()));
}

}  // namespace

void fail_upstream(const boost::system::error_code& error, std::string_view origin) {
    if (error == net::error::operation_aborted) throw boost::system::system_error(error);
    if (error == net::error::timed_out) {
        fail({Kind::timed_out, "upstream_timeout", fmt::format("{} did not answer in time", origin)});
    }
    const bool refused = error == net::error::connection_refused || error == net::error::host_unreachable ||
                         error == net::error::network_unreachable;
    if (refused) fail({Kind::unavailable, "upstream_unavailable", fmt::format("{} cannot be reached", origin)});
    fail({Kind::upstream_failed, "upstream_failed", fmt::format("the connection to {} failed: {}", origin, error.message())});
}

ConnectionPool::Lease::~Lease() {
    if (pool_ == nullptr) return;
    channel_.reset();
    pool_->forget(origin_);
}

void ConnectionPool::Lease::give_back() {
    const auto pool = std::exchange(pool_, nullptr);
    pool->put_back(origin_, std::move(channel_));
}

ConnectionPool::ConnectionPool(Runtime& runtime, ClientOptions options)
    : executor_(runtime.executor()), options_(options), resolver_(runtime.cpu()), sweeper_(runtime.executor()) {}

awaitable<ConnectionPool::Lease> ConnectionPool::acquire(Origin origin, bool fresh, Milliseconds limit) {
    const auto self = shared_from_this();
    const auto key = origin.authority();
    const auto end = SteadyClock::now() + std::min(limit, options_.connect_deadline);
    while (true) {
        auto& host = hosts_[key];
        if (auto channel = fresh ? nullptr : take_idle(host)) {
            Lease lease(self, key);
            lease.channel_ = std::move(channel);
            lease.reused_ = true;
            co_return lease;
        }
        // A fresh one may take an idle one's place.
        if (host.open >= options_.max_connections_per_origin && !host.idle.empty()) {
            host.idle.pop_front();
            --host.open;
        }
        if (host.open < options_.max_connections_per_origin) break;
        if (SteadyClock::now() >= end) fail_busy(key);
        co_await wait_for_turn(key, left_until(end));
    }
    ++hosts_[key].open;
    Lease lease(self, key);
    lease.channel_ = co_await connect(std::move(origin), left_until(end));
    co_return lease;
}

std::unique_ptr<Channel> ConnectionPool::take_idle(Host& host) {
    const auto oldest = SteadyClock::now() - options_.idle_deadline;
    while (!host.idle.empty()) {
        auto candidate = std::move(host.idle.back());
        host.idle.pop_back();
        if (candidate.since > oldest && is_alive(candidate.channel->socket())) return std::move(candidate.channel);
        --host.open;
    }
    return nullptr;
}

awaitable<> ConnectionPool::wait_for_turn(std::string key, Milliseconds limit) {
    const auto self = shared_from_this();
    const auto waiter = std::make_shared<Waiter>(executor_);
    hosts_[key].waiters.push_back(waiter);
    waiter->timer.expires_after(limit);
    co_await waiter->timer.async_wait(as_result);
    if (!waiter->woken) {
        std::erase(hosts_[key].waiters, waiter);
        co_return;
    }
    // Woken, but cancelled meanwhile: the turn is for the next.
    const auto state = co_await net::this_coro::cancellation_state;
    if (state.cancelled() != net::cancellation_type::none) wake_one(hosts_[key]);
}

void ConnectionPool::wake_one(Host& host) {
    if (host.waiters.empty()) return;
    const auto waiter = std::move(host.waiters.front());
    host.waiters.pop_front();
    waiter->woken = true;
    waiter->timer.cancel();
}

std::optional<net::ip::tcp::endpoint> remote_endpoint(Channel& channel) {
    boost::system::error_code error;
    const auto endpoint = channel.socket().remote_endpoint(error);
    return error ? std::nullopt : std::optional(endpoint);
}

void ConnectionPool::avoid(const std::optional<net::ip::tcp::endpoint>& endpoint) {
    if (!endpoint) return;
    const auto now = SteadyClock::now();
    std::erase_if(avoided_until_, [now](const auto& entry) { return entry.second <= now; });
    avoided_until_[*endpoint] = now + avoidance;
    for (auto& [key, host] : hosts_) {
        const auto leads_there = [&endpoint](const Idle& idle) { return remote_endpoint(*idle.channel) == endpoint; };
        host.open -= std::erase_if(host.idle, leads_there);
    }
}

bool ConnectionPool::is_avoided(const net::ip::tcp::endpoint& endpoint) const {
    const auto found = avoided_until_.find(endpoint);
    return found != avoided_until_.end() && found->second > SteadyClock::now();
}

std::vector<net::ip::tcp::endpoint> ConnectionPool::avoided_last(const std::vector<net::ip::tcp::endpoint>& endpoints) const {
    std::vector<net::ip::tcp::endpoint> ordered;
    for (const bool avoided : {false, true}) {
        const auto belongs = [this, avoided](const auto& endpoint) { return is_avoided(endpoint) == avoided; };
        std::ranges::copy_if(endpoints, std::back_inserter(ordered), belongs);
    }
    return ordered;
}

awaitable<std::vector<net::ip::tcp::endpoint>> ConnectionPool::resolve_or_none(std::string host, std::uint16_t port,
                                                                               Milliseconds limit) {
    try {
        auto endpoints = co_await resolver_.resolve(std::move(host), port, limit);
        co_return endpoints;
    } catch (const Failure&) {  // the other instances may have addresses
    }
    co_return std::vector<net::ip::tcp::endpoint>{};
}

/// All instances, another one first each time; those that just failed come last.
awaitable<std::vector<net::ip::tcp::endpoint>> ConnectionPool::endpoints_of(Origin origin, Milliseconds limit) {
    if (origin.others.empty()) {
        auto endpoints = co_await resolver_.resolve(origin.host, origin.port, limit);
        // An IPv4 and an IPv6 address are rather one host than two: then the system's order is meant.
        const auto is_like_first = [&](const auto& endpoint) { return endpoint.protocol() == endpoints.front().protocol(); };
        if (std::ranges::all_of(endpoints, is_like_first)) rotate(endpoints);
        co_return avoided_last(endpoints);
    }
    const auto share = limit / static_cast<int>(origin.others.size() + 1);
    auto endpoints = co_await resolve_or_none(origin.host, origin.port, share);
    for (const auto& other : origin.others) {
        const auto more = co_await resolve_or_none(other.host, other.port, share);
        endpoints.insert(endpoints.end(), more.begin(), more.end());
    }
    if (endpoints.empty())
        fail({Kind::unavailable, "upstream_unavailable", "no host name of " + origin.authority() + " can be resolved"});
    rotate(endpoints);
    co_return avoided_last(endpoints);
}

void ConnectionPool::rotate(std::vector<net::ip::tcp::endpoint>& endpoints) {
    const auto first = static_cast<std::ptrdiff_t>(turn_++ % endpoints.size());
    std::ranges::rotate(endpoints, endpoints.begin() + first);
}

awaitable<std::unique_ptr<Channel>> ConnectionPool::connect(Origin origin, Milliseconds limit) {
    const auto end = SteadyClock::now() + limit;
    const auto endpoints = co_await endpoints_of(origin, limit);
    boost::system::error_code last = net::error::host_unreachable;
    auto left = static_cast<int>(endpoints.size());
    for (const auto& endpoint : endpoints) {
        TcpSocket socket(executor_);
        Watchdog watchdog(socket);
        socket.open(endpoint.protocol());
        // One that swallows our packets leaves time for the others.
        watchdog.watch(Direction::writing, std::max(Milliseconds{1}, left_until(end) / left--));
        const auto [error] = co_await socket.async_connect(endpoint, as_result);
        const bool late = watchdog.relax(Direction::writing);
        if (!error) co_return std::make_unique<Channel>(Wire(std::move(socket)));
        last = late ? boost::system::error_code(net::error::timed_out) : error;
        if (last == net::error::operation_aborted) break;
        avoid(endpoint);
    }
    // A host that does not even accept is away, however that shows.
    if (last == net::error::timed_out) last = net::error::host_unreachable;
    fail_upstream(last, origin.authority());
}

void ConnectionPool::put_back(const std::string& key, std::unique_ptr<Channel> channel) {
    auto& host = hosts_[key];
    channel->watchdog().set_end(SteadyClock::time_point::max());
    channel->trim_buffer();
    host.idle.push_back({std::move(channel), SteadyClock::now()});
    if (host.idle.size() > options_.max_idle_per_origin) {
        host.idle.pop_front();
        --host.open;
    }
    wake_one(host);
    sweep_later();
}

void ConnectionPool::forget(const std::string& key) {
    auto& host = hosts_[key];
    --host.open;
    wake_one(host);
}

void ConnectionPool::sweep_later() {
    if (std::exchange(sweeping_, true)) return;
    const auto on_time = [weak = weak_from_this()](boost::system::error_code error) {
        const auto self = weak.lock();
        if (!self || error) return;
        self->sweeping_ = false;
        self->sweep();
    };
    sweeper_.expires_after(options_.idle_deadline);
    sweeper_.async_wait(on_time);
}

void ConnectionPool::sweep() {
    const auto oldest = SteadyClock::now() - options_.idle_deadline;
    for (auto& [key, host] : hosts_) {
        while (!host.idle.empty() && host.idle.front().since <= oldest) {
            host.idle.pop_front();
            --host.open;
        }
    }
    std::erase_if(hosts_, [](const auto& entry) { return entry.second.open == 0 && entry.second.waiters.empty(); });
    if (idle_connections() != 0) sweep_later();
}

std::size_t ConnectionPool::idle_connections() const {
    std::size_t total = 0;
    for (const auto& [key, host] : hosts_) total += host.idle.size();
    return total;
}

}  // namespace darkroom::http
