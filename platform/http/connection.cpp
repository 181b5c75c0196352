#include "platform/http/connection.hpp"

#include "platform/core/ids.hpp"
#include "platform/core/log.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/response_head.hpp"
#include "platform/http/server_exchange.hpp"

namespace darkroom::http {

namespace {

/// A head's buffer grows in these steps.
constexpr std::size_t head_room = 4 * 1024;
/// How long, and how much, a client may still send after an answer that closes the connection.
constexpr Milliseconds lingering_time = 3s;
constexpr std::size_t lingering_bytes = 16 * 1024 * 1024;

std::string address_of(const TcpSocket& socket) {
    boost::system::error_code error;
    const auto endpoint = socket.remote_endpoint(error);
    if (error) return "unknown";
    const auto address = endpoint.address();
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).to_string();
    }
    return address.to_string();
}

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system_error) {
        return system_error.code() == net::error::operation_aborted;
    } catch (...) {  // only asks whether it was a cancellation
        return false;
    }
}

/// The client is gone: nobody to answer, nothing to report.
bool is_socket_error(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error&) {
        return true;
    } catch (...) {  // only asks what it was
        return false;
    }
}

}  // namespace

Connection::Connection(ServerState& server, Wire wire)
    : server_(server), channel_(std::move(wire)), peer_(address_of(channel_.socket())) {
    server_.connections.insert(this);
}

Connection::~Connection() {
    server_.connections.erase(this);
}

HeadLimits Connection::head_limits() const {
    const auto& options = server_.options;
    return {options.max_header_bytes, options.max_header_count, options.max_target_bytes};
}

void Connection::close_if_idle() {
    boost::system::error_code ignored;
    if (idle_) channel_.socket().cancel(ignored);
}

awaitable<> Connection::serve() {
    try {
        while (!server_.closing) {
            idle_ = true;
            const bool readable = co_await channel_.wait_for_message(server_.options.idle_deadline);
            idle_ = false;
            if (!readable) break;
            const bool again = co_await serve_one();
            if (!again) break;
        }
    } catch (const boost::system::system_error& error) {  // the client went away, or we are cancelled
        if (error.code() == net::error::operation_aborted) throw;
    }
}

/// The size of the head that `received` now begins with; nullopt when the connection is to be closed.
awaitable<std::optional<std::size_t>> Connection::read_head() {
    const auto until = SteadyClock::now() + server_.options.header_deadline;
    HeadScanner scanner(head_limits());
    auto room = head_room;
    while (true) {
        const auto size = scanner.scan(channel_.received());
        if (size) {
            // The empty line that may precede a request.
            channel_.consume(scanner.start());
            co_return *size - scanner.start();
        }
        if (scanner.error()) {
            co_await refuse(*scanner.error());
            co_return std::nullopt;
        }
        while (room <= channel_.received().size()) room *= 2;
        const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
        bool late = false;
        std::size_t bytes = 0;
        try {
            bytes = co_await channel_.read(left, room);
        } catch (const boost::system::system_error& error) {  // too slow gets an answer, gone does not
            late = error.code() == net::error::timed_out;
            if (!late) throw;
        }
        if (late) {
            const ProtocolError slow{408, "request_timeout", "the headers arrive too slowly"};
            co_await refuse(slow);
            co_return std::nullopt;
        }
        if (bytes == 0) co_return std::nullopt;
    }
}

awaitable<bool> Connection::serve_one() {
    const auto size = co_await read_head();
    if (!size) co_return false;
    auto parsed = parse_request_head(channel_.received().substr(0, *size), head_limits());
    channel_.consume(*size);
    if (!parsed) {
        co_await refuse(parsed.error());
        co_return false;
    }
    auto request = std::move(*parsed);
    co_return co_await handle(std::move(request));
}

awaitable<> Connection::refuse(ProtocolError error) {
    log::debug("request refused", {{"peer", peer_}, {"status", error.status}, {"reason", error.detail}});
    const auto answer = protocol_problem(error);
    co_await channel_.write(answer, server_.options.io_deadline);
    co_await channel_.close_gently(lingering_time, lingering_bytes);
}

awaitable<bool> Connection::handle(ParsedRequest request) {
    ServerExchange exchange(channel_, server_.options, std::move(request), peer_, out_, server_.closing);
    std::exception_ptr error;
    try {
        co_await server_.handler.handle(exchange);
        if (!exchange.started()) throw std::logic_error("the handler did not answer");
    } catch (...) {  // the last resort: answered 500 below
        error = std::current_exception();
    }
    if (error && is_cancellation(error)) std::rethrow_exception(error);
    if (exchange.upgraded()) co_return false;
    if (error && is_socket_error(error) && exchange.started()) co_return false;
    if (error && !exchange.started()) {
        const auto correlation_id = new_uuid();
        auto problem = problem_from(error, correlation_id);
        problem.headers.set("X-Correlation-ID", correlation_id);
        co_await exchange.respond(std::move(problem));
    } else if (error) {
        log::error("an answer was cut off", {{"path", exchange.request().path}});
    }
    if (!exchange.finished()) {
        channel_.close();
        co_return false;
    }
    const bool again = co_await exchange.ready_for_next();
    if (!again) co_await channel_.close_gently(lingering_time, lingering_bytes);
    co_return again;
}

}  // namespace darkroom::http
