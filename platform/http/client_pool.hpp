// The client's connections, by origin.
#pragma once

#include "platform/http/channel.hpp"
#include "platform/http/client.hpp"
#include "platform/http/resolver.hpp"

#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

namespace darkroom::http {

/// The failure a socket error is for whoever asked; a cancellation is thrown on as it is.
[[noreturn]] void fail_upstream(const boost::system::error_code& error, std::string_view origin);

/// nullopt once the connection has gone.
std::optional<net::ip::tcp::endpoint> remote_endpoint(Channel& channel);

class ConnectionPool : public std::enable_shared_from_this<ConnectionPool> {
public:
    /// A connection out of the pool. Dropped, it is closed; `give_back` returns it.
    class Lease {
    public:
        Lease() = default;
        Lease(std::shared_ptr<ConnectionPool> pool, std::string origin) : pool_(std::move(pool)), origin_(std::move(origin)) {}
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease();

        Channel& channel() { return *channel_; }
        const std::string& origin() const { return origin_; }
        bool reused() const { return reused_; }
        void give_back();

    private:
        friend class ConnectionPool;
        std::shared_ptr<ConnectionPool> pool_;
        std::string origin_;
        std::unique_ptr<Channel> channel_;
        bool reused_ = false;
    };

    ConnectionPool(Runtime& runtime, ClientOptions options);

    /// A live connection: an idle one unless `fresh`, else a new one, else the next that is given back.
    awaitable<Lease> acquire(Origin origin, bool fresh, Milliseconds limit);
    /// Something went wrong there: idle connections to it are dropped, and for a moment others are tried first.
    void avoid(const std::optional<net::ip::tcp::endpoint>& endpoint);
    std::size_t idle_connections() const;
    const ClientOptions& options() const { return options_; }

private:
    struct Idle {
        std::unique_ptr<Channel> channel;
        SteadyClock::time_point since;
    };
    struct Waiter {
        explicit Waiter(Executor executor) : timer(executor) {}
        Timer timer;
        bool woken = false;
    };
    struct Host {
        /// Given out or idle.
        std::size_t open = 0;
        /// The most recently used one last.
        std::deque<Idle> idle;
        std::deque<std::shared_ptr<Waiter>> waiters;
    };

    std::unique_ptr<Channel> take_idle(Host& host);
    awaitable<> wait_for_turn(std::string key, Milliseconds limit);
    awaitable<std::unique_ptr<Channel>> connect(Origin origin, Milliseconds limit);
    awaitable<std::vector<net::ip::tcp::endpoint>> endpoints_of(Origin origin, Milliseconds limit);
    awaitable<std::vector<net::ip::tcp::endpoint>> resolve_or_none(std::string host, std::uint16_t port, Milliseconds limit);
    std::vector<net::ip::tcp::endpoint> avoided_last(const std::vector<net::ip::tcp::endpoint>& endpoints) const;
    /// Another one first each time.
    void rotate(std::vector<net::ip::tcp::endpoint>& endpoints);
    bool is_avoided(const net::ip::tcp::endpoint& endpoint) const;
    void put_back(const std::string& key, std::unique_ptr<Channel> channel);
    void forget(const std::string& key);
    static void wake_one(Host& host);
    void sweep_later();
    void sweep();

    Executor executor_;
    ClientOptions options_;
    Resolver resolver_;
    std::unordered_map<std::string, Host> hosts_;
    /// Few: only what failed within the last moment.
    std::map<net::ip::tcp::endpoint, SteadyClock::time_point> avoided_until_;
    std::size_t turn_ = 0;
    Timer sweeper_;
    bool sweeping_ = false;
};

}  // namespace darkroom::http
