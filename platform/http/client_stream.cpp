#include "platform/http/client_stream.hpp"

#include "platform/core/error.hpp"

#include <fmt/format.h>

#include <iterator>
#include <stdexcept>

namespace darkroom::http {

namespace {

constexpr std::size_t head_room = 4 * 1024;
constexpr Milliseconds unhurried = std::chrono::hours{24};

/// Written by us, whatever the caller says.
bool concerns_connection(std::string_view name) {
    return equal_ignoring_case(name, "content-length") || equal_ignoring_case(name, "transfer-encoding") ||
           equal_ignoring_case(name, "keep-alive") || equal_ignoring_case(name, "expect");
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    constexpr std::string_view line_breakers("\r\n\0", 3);
    if (name.empty() || name.find_first_of(line_breakers) != name.npos || value.find_first_of(line_breakers) != value.npos) {
        throw std::logic_error("a request header would break out of its line: " + std::string(name));
    }
    out.append(name).append(": ").append(value).append("\r\n");
}

bool has_body(std::string_view method, std::optional<std::uint64_t> length) {
    return length.value_or(1) != 0 || method == "POST" || method == "PUT" || method == "PATCH";
}

std::string request_head(const RequestHead& request, std::string_view origin, std::optional<std::uint64_t> length) {
    std::string out;
    out.reserve(512);
    if (request.target.find_first_of(" \r\n") != std::string::npos) throw std::logic_error("a request target has spaces");
    out.append(request.method).append(" ").append(request.target).append(" HTTP/1.1\r\n");
    if (!request.headers.has("Host")) append_header(out, "Host", origin);
    for (const auto& header : request.headers) {
        const bool connection = equal_ignoring_case(header.name, "connection") || equal_ignoring_case(header.name, "upgrade");
        if (concerns_connection(header.name) || (connection && !request.upgrade)) continue;
        append_header(out, header.name, header.value);
    }
    if (!length) {
        out.append("Transfer-Encoding: chunked\r\n");
    } else if (has_body(request.method, length)) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *length);
    }
    out.append("\r\n");
    return out;
}

}  // namespace

PooledStream::PooledStream(ConnectionPool::Lease lease, const ClientOptions& options, const RequestHead& request,
                           std::optional<std::uint64_t> length)
    : lease_(std::move(lease)),
      options_(options),
      origin_(lease_->origin()),
      head_(request_head(request, origin_, length)),
      to_head_(request.method == "HEAD"),
      chunked_(!length),
      unwritten_(length.value_or(0)) {}

void PooledStream::broken(std::string_view what) {
    failed_ = true;
    fail({Kind::upstream_failed, "upstream_failed", fmt::format("{}: {}", origin_, what)});
}

void PooledStream::fail_for(boost::system::error_code error) {
    // Our own `abort` shows as an aborted operation; it is no cancellation of the waiting coroutine.
    if (aborted_) broken("given up");
    failed_ = error != net::error::timed_out;
    fail_upstream(error, origin_);
}

void PooledStream::abort() {
    if (!lease_) return;
    aborted_ = true;
    lease_->channel().close();
}

awaitable<> PooledStream::send(std::string_view piece, std::string_view end) {
    // An answer that is complete before the request is leaves nobody to read the rest.
    if (!lease_) co_return;
    if (!chunked_ && piece.size() > unwritten_) throw std::logic_error("more was written than the Content-Length says");
    unwritten_ -= chunked_ ? 0 : piece.size();
    const bool sized = chunked_ && !piece.empty();
    const auto size_line = sized ? fmt::format("{:x}\r\n", piece.size()) : std::string();
    const std::string_view piece_end = sized ? "\r\n" : "";
    writing_ = true;
    // Taken out at once: whoever waits for the answer meanwhile must not send it again.
    const auto head = std::exchange(head_, std::string());
    std::array<net::const_buffer, 5> buffers{net::buffer(head), net::buffer(size_line), net::buffer(piece),
                                             net::buffer(piece_end), net::buffer(end)};
    boost::system::error_code error;
    try {
        co_await lease_->channel().write(buffers, options_.io_deadline);
    } catch (const boost::system::system_error& failure) {  // translated below
        error = failure.code();
    }
    writing_ = false;
    request_done_ = chunked_ ? !end.empty() : unwritten_ == 0;
    if (error) fail_for(error);
    // From here on the answer's silence counts.
    if (request_done_ && waiting_ && lease_) lease_->channel().watchdog().watch(Direction::reading, options_.io_deadline);
}

awaitable<> PooledStream::write(std::string_view piece) {
    if (!piece.empty()) co_await send(piece, {});
}

awaitable<> PooledStream::finish() {
    if (chunked_ || !head_.empty()) co_await send({}, chunked_ ? "0\r\n\r\n" : "");
}

awaitable<std::size_t> PooledStream::read_more(std::size_t room) {
    boost::system::error_code error;
    std::size_t bytes = 0;
    waiting_ = true;
    try {
        // While the body is still on its way nobody owes an answer, however long that takes; its writer has its own deadline.
        bytes = co_await lease_->channel().read(request_done_ ? options_.io_deadline : unhurried, room);
    } catch (const boost::system::system_error& failure) {  // translated below
        error = failure.code();
    }
    waiting_ = false;
    if (!error) co_return bytes;
    fail_for(error);
}

awaitable<ParsedResponse> PooledStream::read_head() {
    const HeadLimits limits{.head_bytes = options_.max_header_bytes, .headers = 200, .target_bytes = 8 * 1024};
    auto& channel = lease_->channel();
    HeadScanner scanner(limits);
    auto room = head_room;
    while (true) {
        const auto size = scanner.scan(channel.received());
        if (scanner.error()) broken(scanner.error()->detail);
        if (size) {
            const auto head = channel.received().substr(scanner.start(), *size - scanner.start());
            auto parsed = parse_response_head(head, limits, to_head_);
            channel.consume(*size);
            if (!parsed) broken(parsed.error().detail);
            co_return std::move(*parsed);
        }
        while (room <= channel.received().size()) room *= 2;
        const auto bytes = co_await read_more(room);
        if (bytes == 0) broken("the connection was closed before the answer");
        answered_ = true;
    }
}

awaitable<ResponseHead> PooledStream::response() {
    if (!head_.empty()) co_await send({}, {});
    while (true) {
        auto parsed = co_await read_head();
        answered_ = true;
        const auto status = parsed.head.status;
        if (status < 200 && status != 101) continue;
        length_ = parsed.framing == Framing::none ? std::optional(parsed.content_length.value_or(0)) : parsed.content_length;
        decoder_ = BodyDecoder(parsed.framing, parsed.content_length.value_or(0));
        keep_alive_ = parsed.keep_alive && status != 101;
        if (decoder_.done() && status != 101) complete();
        co_return std::move(parsed.head);
    }
}

void PooledStream::check_limit() const {
    if (length_ ? *length_ <= limit_ || to_head_ : received_ <= limit_) return;
    fail({Kind::upstream_failed, "upstream_failed", fmt::format("{}: the answer is larger than {} bytes", origin_, limit_)});
}

awaitable<std::optional<std::string_view>> PooledStream::read() {
    if (!lease_ || decoder_.done()) {
        complete();
        co_return std::nullopt;
    }
    check_limit();
    boost::system::error_code error;
    std::string_view problem;
    std::optional<std::string_view> piece;
    try {
        piece = co_await read_piece(lease_->channel(), decoder_, options_.io_deadline);
    } catch (const boost::system::system_error& failure) {  // translated below
        error = failure.code();
    } catch (const Failure&) {  // its kind is a request's
        problem = decoder_.problem();
    }
    if (error) fail_for(error);
    if (!problem.empty()) broken(problem);
    if (piece) {
        received_ += piece->size();
        check_limit();
    } else {
        complete();
    }
    co_return piece;
}

/// The answer is read to its end. Unread bytes behind it mean that the two sides disagree about where that was.
void PooledStream::complete() {
    if (!lease_) return;
    if (keep_alive_ && request_done_ && !writing_ && !aborted_ && lease_->channel().received().empty()) lease_->give_back();
    // A writer that still waits for the socket needs it until it gives up; the connection then ends with this stream.
    if (!writing_) lease_.reset();
}

TcpSocket PooledStream::take_socket(std::string& received) {
    if (!lease_) throw std::logic_error("the connection is gone");
    auto& channel = lease_->channel();
    received.assign(channel.received());
    TcpSocket socket = channel.wire().release();
    lease_.reset();
    return socket;
}

}  // namespace darkroom::http
