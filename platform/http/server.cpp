#include "platform/http/server.hpp"

#include "platform/core/log.hpp"
#include "platform/http/connection.hpp"
#include "platform/http/response_head.hpp"

#include <csignal>
#include <system_error>

namespace darkroom::http {

namespace {

using ReusePort = net::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

/// Out of descriptors: accepting again at once would only spin.
constexpr Milliseconds pause_after_accept_error = 100ms;

/// The first byte of every TLS connection: a handshake record (RFC 8446 §5.1). No HTTP method begins with it.
constexpr char handshake_record = 22;

/// False when there is nothing to serve: only silence, or a handshake that fails.
awaitable<bool> agree_on_tls(Wire& wire, const ServerOptions& options) {
    Watchdog watchdog(wire.socket());
    watchdog.watch(Direction::reading, options.idle_deadline);
    const auto [silent] = co_await wire.wait_readable();
    watchdog.relax(Direction::reading);
    if (silent) co_return false;
    char first = 0;
    boost::system::error_code error;
    wire.socket().receive(net::buffer(&first, 1), net::socket_base::message_peek, error);
    if (error || first != handshake_record) co_return true;
    auto session = options.tls->current->session(wire.socket().native_handle());
    watchdog.watch(Direction::reading, options.handshake_deadline);
    const bool done = co_await wire.handshake(std::move(session));
    watchdog.relax(Direction::reading);
    co_return done;
}

/// Known to the server as long as it lives.
class Arrival {
public:
    Arrival(ServerState& server, TcpSocket& socket) : server_(server), socket_(socket) { server_.arriving.insert(&socket_); }
    ~Arrival() { server_.arriving.erase(&socket_); }
    Arrival(const Arrival&) = delete;
    Arrival& operator=(const Arrival&) = delete;

private:
    ServerState& server_;
    TcpSocket& socket_;
};

awaitable<> serve_connection(std::shared_ptr<ServerState> state, TcpSocket socket) {
    Wire wire(std::move(socket));
    if (state->options.tls) {
        const Arrival arrival(*state, wire.socket());
        const bool agreed = co_await agree_on_tls(wire, state->options);
        if (!agreed || state->closing) co_return;
    }
    Connection connection(*state, std::move(wire));
    co_await connection.serve();
}

void turn_away(TcpSocket socket) {
    const auto answer = protocol_problem({503, "too_many_connections", "too many connections; try again shortly"});
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(net::buffer(answer), ignored);
    socket.shutdown(TcpSocket::shutdown_both, ignored);
}

}  // namespace

class Server::Acceptor {
public:
    Acceptor(Runtime& runtime, ServerOptions options, Handler& handler)
        : state_(std::make_shared<ServerState>(ServerState{std::move(options), handler})),
          acceptor_(runtime.executor()),
          accepting_(runtime.executor()),
          serving_(runtime.executor()) {}

    void listen() {
        // sendfile has no MSG_NOSIGNAL.
        std::signal(SIGPIPE, SIG_IGN);
        const auto& options = state_->options;
        try {
            const net::ip::tcp::endpoint endpoint(net::ip::make_address(options.bind), options.port);
            acceptor_.open(endpoint.protocol());
            acceptor_.set_option(net::socket_base::reuse_address(true));
            if (options.reuse_port) acceptor_.set_option(ReusePort(true));
            acceptor_.bind(endpoint);
            acceptor_.listen(net::socket_base::max_listen_connections);
        } catch (const boost::system::system_error& error) {  // says where
            throw std::system_error(error.code(), "cannot listen on " + options.bind + ":" + std::to_string(options.port));
        }
        accepting_.spawn("accept", accept_until_closed());
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::size_t connections() const { return serving_.size(); }

    awaitable<> drain(Milliseconds limit) {
        state_->closing = true;
        boost::system::error_code ignored;
        acceptor_.close(ignored);
        // It looks at the acceptor once more when it wakes: it must have ended before the server may go.
        co_await accepting_.stop(1s);
        for (auto* connection : state_->connections) connection->close_if_idle();
        // Nothing has been asked there: nobody waits for an answer.
        boost::system::error_code gone;
        for (auto* socket : state_->arriving) socket->cancel(gone);
        const bool drained = co_await serving_.drain(limit);
        if (drained) co_return;
        log::warning("requests were cut off", {{"connections", serving_.size()}});
        co_await serving_.stop(1s);
    }

private:
    awaitable<> accept_until_closed() {
        while (acceptor_.is_open()) {
            auto [error, socket] = co_await acceptor_.async_accept(as_result);
            // A server that goes without `drain` cancels us on its way: nothing of it may be touched any more.
            if (error == net::error::operation_aborted) co_return;
            if (!error) {
                admit(std::move(socket));
            } else if (error != net::error::connection_aborted) {
                log::error("cannot accept a connection", {{"error", error.message()}});
                Timer pause(acceptor_.get_executor(), pause_after_accept_error);
                co_await pause.async_wait(use_awaitable);
            }
        }
    }

    void admit(TcpSocket socket) {
        if (serving_.size() >= state_->options.max_connections) return turn_away(std::move(socket));
        serving_.spawn("connection", serve_connection(state_, std::move(socket)));
    }

    std::shared_ptr<ServerState> state_;
    TcpAcceptor acceptor_;
    TaskGroup accepting_;
    TaskGroup serving_;
};

Server::Server(Runtime& runtime, ServerOptions options, Handler& handler)
    : acceptor_(std::make_unique<Acceptor>(runtime, std::move(options), handler)) {}

Server::~Server() = default;

void Server::listen() {
    acceptor_->listen();
}

std::uint16_t Server::port() const {
    return acceptor_->port();
}

std::size_t Server::connections() const {
    return acceptor_->connections();
}

awaitable<> Server::drain(Milliseconds limit) {
    return acceptor_->drain(limit);
}

}  // namespace darkroom::http
