#include "platform/http/server_exchange.hpp"

#include "platform/http/file_range.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace darkroom::http {

ServerExchange::ServerExchange(Channel& channel, const ServerOptions& options, ParsedRequest request, std::string_view peer,
                               std::string& out, const bool& closing)
    : channel_(channel),
      options_(options),
      request_(std::move(request)),
      body_(channel, options, request_),
      peer_(peer),
      out_(out),
      closing_(closing) {}

bool ServerExchange::is_from_this_machine() const {
    boost::system::error_code error;
    const auto remote = channel_.socket().remote_endpoint(error).address();
    if (error) return false;
    const auto local = channel_.socket().local_endpoint(error).address();
    return !error && (remote.is_loopback() || remote == local);
}

void ServerExchange::expect(State state) const {
    if (state_ != state) throw std::logic_error("a response is started once, then written, then finished");
}

/// Writes the head to `out_`; true when a body follows.
bool ServerExchange::begin_head(ResponseHead& head, std::optional<std::uint64_t> length, bool streamed) {
    expect(State::unanswered);
    const bool old = request_.head.minor_version == 0;
    bodiless_ = request_.head.method == "HEAD" || is_bodiless(head.status);
    chunked_ = !length && !bodiless_ && !old;
    const bool until_close = !length && !bodiless_ && old;
    keep_alive_ = request_.head.keep_alive && !closing_ && !until_close && body_.worth_draining();
    remaining_ = length;
    out_.clear();
    const bool shown_chunked = chunked_ || (streamed && !length && !old && !is_bodiless(head.status));
    append_response_head(
        out_, head, {.length = length, .chunked = shown_chunked, .close = !keep_alive_, .say_keep_alive = keep_alive_ && old});
    return !bodiless_;
}

awaitable<> ServerExchange::respond(Response response) {
    if (auto* file = std::get_if<FileBody>(&response.body)) {
        auto body = std::move(*file);
        co_await send_file(std::move(response), std::move(body));
    } else if (auto* stream = std::get_if<StreamBody>(&response.body)) {
        auto next = std::move(*stream);
        co_await send_stream(std::move(response), std::move(next));
    } else {
        auto body = std::move(std::get<std::string>(response.body));
        co_await send_whole(std::move(response), std::move(body));
    }
}

awaitable<> ServerExchange::send_whole(Response response, std::string body) {
    ResponseHead head{response.status, std::move(response.headers)};
    // A 304 without a body of its own says nothing about the length the 200 would have had.
    const auto length = is_bodiless(head.status) ? std::nullopt : std::optional<std::uint64_t>(body.size());
    const bool with_body = begin_head(head, length, false);
    state_ = State::aborted;  // until all of it is out
    std::array<net::const_buffer, 2> buffers{net::buffer(out_), with_body ? net::buffer(body) : net::const_buffer()};
    co_await channel_.write(buffers, options_.io_deadline);
    state_ = State::finished;
}

awaitable<> ServerExchange::send_file(Response response, FileBody file) {
    ResponseHead head{response.status, std::move(response.headers)};
    FilePlan plan{head.status, 0, file.size};
    if (head.status == 200) plan = plan_file(request_.head, head.headers, file.size);
    head.status = plan.status;
    if (plan.status == 416) head.headers.remove("Content-Disposition");
    const auto length = is_bodiless(head.status) ? std::nullopt : std::optional(plan.count);
    const bool with_body = begin_head(head, length, false);
    state_ = State::aborted;
    const auto count = with_body ? plan.count : 0;
    co_await channel_.write_file(out_, file.file.get(), plan.offset, count, options_.io_deadline);
    state_ = State::finished;
}

awaitable<> ServerExchange::send_stream(Response response, StreamBody next) {
    ResponseHead head{response.status, std::move(response.headers)};
    co_await start(std::move(head), std::nullopt);
    while (!bodiless_) {
        const auto piece = co_await next();
        if (!piece) break;
        co_await write(*piece);
    }
    co_await finish();
}

awaitable<> ServerExchange::start(ResponseHead head, std::optional<std::uint64_t> length) {
    co_await start_with(std::move(head), length, {});
}

awaitable<> ServerExchange::start_with(ResponseHead head, std::optional<std::uint64_t> length, std::string_view first) {
    begin_head(head, length, true);
    state_ = State::streaming;
    if (first.empty() || bodiless_) {
        co_await channel_.write(out_, options_.io_deadline);
        out_.clear();
    } else {
        // `write` puts what is in `out_` in front.
        co_await write(first);
    }
}

awaitable<> ServerExchange::write(std::string_view piece) {
    expect(State::streaming);
    if (piece.empty() || bodiless_) co_return;
    if (remaining_) {
        if (piece.size() > *remaining_) throw std::logic_error("more was written than the Content-Length says");
        *remaining_ -= piece.size();
    }
    const auto size_line = chunked_ ? fmt::format("{:x}\r\n", piece.size()) : std::string();
    const std::string_view end = chunked_ ? "\r\n" : "";
    std::array<net::const_buffer, 4> buffers{net::buffer(out_), net::buffer(size_line), net::buffer(piece), net::buffer(end)};
    co_await channel_.write(buffers, options_.io_deadline);
    out_.clear();
}

awaitable<> ServerExchange::finish() {
    expect(State::streaming);
    if (!bodiless_ && remaining_.value_or(0) != 0) co_return abort();
    state_ = State::aborted;
    if (chunked_) co_await channel_.write("0\r\n\r\n", options_.io_deadline);
    state_ = State::finished;
}

void ServerExchange::abort() {
    state_ = State::aborted;
    channel_.close();
}

void ServerExchange::on_disconnect(std::function<void()> gone) {
    const auto on_readable = [this, alive = alive_, gone = std::move(gone)](boost::system::error_code error) {
        if (!*alive || error == net::error::operation_aborted) return;
        const auto incoming = error ? Wire::Incoming::end : channel_.wire().peek();
        if (incoming == Wire::Incoming::end) gone();
        // TLS speaks for itself at times, or nothing came after all.
        if (incoming == Wire::Incoming::nothing) on_disconnect(gone);
    };
    channel_.socket().async_wait(TcpSocket::wait_read, on_readable);
}

awaitable<Upgraded> ServerExchange::upgrade(ResponseHead head) {
    expect(State::unanswered);
    out_.clear();
    append_upgrade_head(out_, head);
    state_ = State::upgraded;
    co_await channel_.write(out_, options_.io_deadline);
    co_return take_over();
}

Upgraded ServerExchange::detach() {
    expect(State::unanswered);
    state_ = State::upgraded;
    return take_over();
}

Upgraded ServerExchange::take_over() {
    std::string received(channel_.received());
    return {std::move(channel_.wire()), std::move(received)};
}

awaitable<bool> ServerExchange::ready_for_next() {
    if (state_ != State::finished || !keep_alive_) co_return false;
    if (body_.complete()) co_return true;
    bool drained = false;
    try {
        drained = co_await body_.drain();
    } catch (const Failure&) {  // the answer is out; a broken rest only ends the connection
        drained = false;
    }
    co_return drained;
}

}  // namespace darkroom::http
