// A connection that left HTTP (RFC 9110 §7.8): bytes both ways until both sides have ended, whatever they mean.
#pragma once

#include "platform/async/io.hpp"
#include "platform/core/time.hpp"
#include "platform/http/client.hpp"
#include "platform/http/exchange.hpp"

#include <cstdint>
#include <list>
#include <memory>
#include <vector>

namespace darkroom::gateway {

struct TunnelTraffic {
    std::uint64_t from_client = 0;
    std::uint64_t from_upstream = 0;
};

/// All open tunnels of one loop. Tunnels share one buffer: they hold memory of their own only while a peer is slow to take.
class Tunnels {
public:
    explicit Tunnels(Milliseconds idle_limit);

    /// Returns when both directions have ended, one has failed, nothing has moved for the idle limit, or `close_all`.
    awaitable<TunnelTraffic> run(http::Upgraded client, TcpSocket upstream, std::string received_from_upstream);
    void close_all();
    std::size_t size() const { return open_.size(); }

private:
    struct Tunnel;
    awaitable<> copy(Tunnel& tunnel, http::Wire& from, http::Wire& to, std::uint64_t& count);
    awaitable<> watch(Tunnel& tunnel);

    Milliseconds idle_limit_;
    std::vector<char> shared_buffer_;
    std::list<Tunnel*> open_;
};

}  // namespace darkroom::gateway
