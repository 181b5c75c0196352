#include "services/gateway/tunnel.hpp"

#include "platform/async/deadline.hpp"
#include "services/gateway/companion.hpp"

#include <array>
#include <tuple>

namespace darkroom::gateway {

namespace {

constexpr std::size_t buffer_bytes = 64 * 1024;

bool would_block(const boost::system::error_code& error) {
    return error == net::error::would_block || error == net::error::try_again;
}

/// Writes what fits at once and takes it from `bytes`; throws when the connection has failed.
void write_what_fits(http::Wire& to, std::string_view& bytes) {
    while (!bytes.empty()) {
        const std::array buffers{net::const_buffer(net::buffer(bytes))};
        boost::system::error_code error;
        const auto written = to.write_some(buffers, error);
        if (would_block(error)) return;
        if (error) throw boost::system::system_error(error);
        bytes.remove_prefix(written);
    }
}

/// What the peer does not take at once is kept until it does.
awaitable<> write_all(http::Wire& to, std::string_view bytes) {
    write_what_fits(to, bytes);
    if (bytes.empty()) co_return;
    const std::string kept(bytes);
    for (std::string_view rest = kept; !rest.empty();) {
        const auto [error] = co_await to.wait_writable();
        if (error) throw boost::system::system_error(error);
        write_what_fits(to, rest);
    }
}

}  // namespace

struct Tunnels::Tunnel {
    http::Wire client;
    http::Wire upstream;
    SteadyClock::time_point last_traffic;
    TunnelTraffic traffic{};

    void close_both() {
        client.close();
        upstream.close();
    }
};

Tunnels::Tunnels(Milliseconds idle_limit) : idle_limit_(idle_limit), shared_buffer_(buffer_bytes) {}

awaitable<TunnelTraffic> Tunnels::run(http::Upgraded client, TcpSocket upstream, std::string received_from_upstream) {
    const auto executor = co_await net::this_coro::executor;
    Tunnel tunnel{std::move(client.wire), http::Wire(std::move(upstream)), SteadyClock::now()};
    const auto registration = open_.insert(open_.end(), &tunnel);
    std::exception_ptr error;
    std::vector<Companion> companions;
    try {
        // What came right behind the two heads belongs to the tunnel.
        co_await write_all(tunnel.upstream, client.received);
        co_await write_all(tunnel.client, received_from_upstream);
        tunnel.traffic = {client.received.size(), received_from_upstream.size()};
        companions.emplace_back(executor, copy(tunnel, tunnel.client, tunnel.upstream, tunnel.traffic.from_client));
        companions.emplace_back(executor, copy(tunnel, tunnel.upstream, tunnel.client, tunnel.traffic.from_upstream));
        companions.emplace_back(executor, watch(tunnel));
        co_await companions[0].wait();
        co_await companions[1].wait();
    } catch (...) {  // the companions must end first
        error = std::current_exception();
    }
    co_await net::this_coro::throw_if_cancelled(false);
    tunnel.close_both();
    for (const auto& companion : companions) co_await companion.end();
    open_.erase(registration);
    co_await net::this_coro::throw_if_cancelled(true);
    if (error) std::rethrow_exception(error);
    co_return tunnel.traffic;
}

void Tunnels::close_all() {
    for (auto* tunnel : open_) tunnel->close_both();
}

/// Ends with the sender's side: at its end the receiver is told so and the other direction goes on; at an error both end.
awaitable<> Tunnels::copy(Tunnel& tunnel, http::Wire& from, http::Wire& to, std::uint64_t& count) {
    boost::system::error_code error;
    while (!error) {
        std::tie(error) = co_await from.wait_readable();
        if (error) break;
        const auto size = from.read_some(net::buffer(shared_buffer_), error);
        if (would_block(error)) {
            error.clear();
            continue;
        }
        if (error) break;
        count += size;
        tunnel.last_traffic = SteadyClock::now();
        try {
            co_await write_all(to, {shared_buffer_.data(), size});
        } catch (const boost::system::system_error& failure) {  // ends the loop like a failed read
            error = failure.code();
        }
    }
    if (error == net::error::eof) {
        boost::system::error_code ignored;  // the peer may be gone already
        to.shutdown_send(ignored);
    } else {
        tunnel.close_both();
    }
}

/// The idle deadline. A half-closed tunnel is under it too.
awaitable<> Tunnels::watch(Tunnel& tunnel) {
    while (true) {
        const auto idle = std::chrono::duration_cast<Milliseconds>(SteadyClock::now() - tunnel.last_traffic);
        if (idle >= idle_limit_) break;
        co_await pause_for(idle_limit_ - idle + 1ms);
    }
    tunnel.close_both();
}

}  // namespace darkroom::gateway
