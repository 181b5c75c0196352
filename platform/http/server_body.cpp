#include "platform/http/server_body.hpp"

#include "platform/core/error.hpp"

namespace darkroom::http {

namespace {

/// Cheaper to read than a new connection would be.
constexpr std::uint64_t most_worth_draining = 256 * 1024;

[[noreturn]] void fail_slow() {
    fail({Kind::request_timed_out, "request_timeout", "the body arrives too slowly"});
}

[[noreturn]] void fail_for(const boost::system::system_error& error) {
    if (error.code() == net::error::operation_aborted) throw error;
    if (error.code() == net::error::timed_out) fail_slow();
    fail({Kind::malformed, "body_cut_off", "the connection failed in the middle of the body"});
}

}  // namespace

ServerBody::ServerBody(Channel& channel, const ServerOptions& options, const ParsedRequest& request)
    : channel_(channel),
      options_(options),
      decoder_(request.framing, request.head.content_length.value_or(0)),
      length_(request.head.content_length),
      limit_(options.max_body_bytes),
      client_waits_(request.head.expects_continue) {}

void ServerBody::check_limit() {
    if (length_.value_or(received_) <= limit_) return;
    // Who sends too much is not waited for: the connection ends with the answer.
    broken_ = true;
    fail({Kind::too_large, "body_too_large", "the body is larger than " + std::to_string(limit_) + " bytes"});
}

void ServerBody::check_rate(std::uint64_t bytes, SteadyClock::duration waited) {
    received_ += bytes;
    // Only our waiting counts: a handler that takes its time must not be blamed on the client.
    waited_ += waited;
    if (waited_ < options_.body_rate_grace) return;
    const auto seconds = std::chrono::duration<double>(waited_).count();
    if (static_cast<double>(received_) < seconds * static_cast<double>(options_.min_body_bytes_per_second)) fail_slow();
}

awaitable<std::optional<std::string_view>> ServerBody::next_piece() {
    if (decoder_.done()) co_return std::nullopt;
    // Stays so when anything below throws.
    broken_ = true;
    std::optional<std::string_view> piece;
    try {
        if (std::exchange(client_waits_, false)) co_await channel_.write("HTTP/1.1 100 Continue\r\n\r\n", options_.io_deadline);
        const auto start = SteadyClock::now();
        piece = co_await read_piece(channel_, decoder_, options_.io_deadline);
        if (piece) check_rate(piece->size(), SteadyClock::now() - start);
    } catch (const boost::system::system_error& error) {  // translated for the handler
        fail_for(error);
    }
    broken_ = false;
    co_return piece;
}

awaitable<std::optional<std::string_view>> ServerBody::read() {
    check_limit();
    const auto piece = co_await next_piece();
    check_limit();
    co_return piece;
}

bool ServerBody::worth_draining() const {
    return decoder_.done() || (!broken_ && !client_waits_ && decoder_.remaining() <= most_worth_draining);
}

awaitable<bool> ServerBody::drain() {
    if (!worth_draining()) co_return false;
    std::uint64_t drained = 0;
    while (drained <= most_worth_draining) {
        const auto piece = co_await next_piece();
        if (!piece) co_return true;
        drained += piece->size();
    }
    co_return false;
}

}  // namespace darkroom::http
