#include "platform/http/channel.hpp"

#include "platform/core/error.hpp"

#include <sys/sendfile.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace darkroom::http {

namespace {

/// What a body is read through: large enough that a system call is worth it.
constexpr std::size_t body_room = 64 * 1024;
constexpr std::size_t small_body_room = 16 * 1024;
/// Enough for most heads.
constexpr std::size_t idle_room = 4 * 1024;
/// A connection silent for longer keeps no buffer: ten thousand idle ones should cost sockets, not memory.
constexpr Milliseconds buffered_idle_time = 2s;
/// One sendfile call; then other connections get their turn.
constexpr std::size_t file_slice = 512 * 1024;

[[noreturn]] void throw_system(boost::system::error_code error) {
    throw boost::system::system_error(error);
}

}  // namespace

struct Watchdog::State {
    explicit State(TcpSocket& watched) : timer(watched.get_executor()), socket(&watched) {}
    Timer timer;
    /// Null once the watchdog is gone: a wait that has already completed may still be on its way to us.
    TcpSocket* socket;
    struct Wait {
        SteadyClock::time_point deadline = SteadyClock::time_point::max();
        bool fired = false;
    };
    Wait reading;
    Wait writing;
    SteadyClock::time_point end = SteadyClock::time_point::max();
    /// When the timer will fire; max while it is not set.
    SteadyClock::time_point armed = SteadyClock::time_point::max();

    Wait& wait(Direction direction) { return direction == Direction::reading ? reading : writing; }
    SteadyClock::time_point next() const { return std::min(reading.deadline, writing.deadline); }
};

Watchdog::Watchdog(TcpSocket& socket) : state_(std::make_shared<State>(socket)) {}

Watchdog::~Watchdog() {
    state_->socket = nullptr;
    state_->timer.cancel();
}

void Watchdog::arm(const std::shared_ptr<State>& state) {
    state->armed = state->next();
    const auto on_expiry = [state](boost::system::error_code error) {
        if (error || state->socket == nullptr) return;
        state->armed = SteadyClock::time_point::max();
        if (state->next() == SteadyClock::time_point::max()) return;
        if (SteadyClock::now() < state->next()) return arm(state);
        // Cancelling ends both directions, and both must learn why.
        state->reading.fired = state->writing.fired = true;
        boost::system::error_code ignored;
        state->socket->cancel(ignored);
    };
    state->timer.expires_at(state->armed);
    state->timer.async_wait(on_expiry);
}

void Watchdog::watch(Direction direction, Milliseconds limit) {
    auto& wait = state_->wait(direction);
    wait.fired = false;
    wait.deadline = std::min(SteadyClock::now() + limit, state_->end);
    if (state_->armed > wait.deadline) arm(state_);
}

bool Watchdog::relax(Direction direction) {
    auto& wait = state_->wait(direction);
    wait.deadline = SteadyClock::time_point::max();
    return wait.fired;
}

void Watchdog::set_end(SteadyClock::time_point end) {
    state_->end = end;
}

Channel::Channel(Wire wire) : wire_(std::move(wire)), watchdog_(wire_.socket()) {
    boost::system::error_code ignored;
    socket().set_option(net::ip::tcp::no_delay(true), ignored);
}

void Channel::check(Direction direction, boost::system::error_code error) {
    const bool late = watchdog_.relax(direction);
    if (!error) return;
    if (late && error == net::error::operation_aborted) throw_system(net::error::timed_out);
    throw_system(error);
}

void Channel::make_room(std::size_t room) {
    const auto used = end_ - begin_;
    if (capacity_ < room) {
        std::unique_ptr<char[]> larger(new char[room]);
        if (used != 0) std::memcpy(larger.get(), buffer_.get() + begin_, used);
        buffer_ = std::move(larger);
        capacity_ = room;
    } else if (begin_ != 0 && used != 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, used);
    }
    begin_ = 0;
    end_ = used;
}

awaitable<bool> Channel::wait_for_message(Milliseconds limit) {
    if (begin_ != end_) co_return true;
    make_room(idle_room);
    watchdog_.watch(Direction::reading, std::min(limit, buffered_idle_time));
    const auto [read_error, bytes] = co_await wire_.receive(net::buffer(buffer_.get(), capacity_));
    const bool late = watchdog_.relax(Direction::reading);
    end_ += bytes;
    if (!read_error) co_return true;
    if (!late || read_error != net::error::operation_aborted || limit <= buffered_idle_time) co_return false;
    release_buffer();
    watchdog_.watch(Direction::reading, limit - buffered_idle_time);
    const auto [wait_error] = co_await wire_.wait_readable();
    watchdog_.relax(Direction::reading);
    co_return !wait_error;
}

awaitable<std::size_t> Channel::read(Milliseconds limit, std::size_t room) {
    make_room(room);
    // A full buffer means the caller has not looked at what it has.
    if (end_ == capacity_) throw_system(net::error::no_buffer_space);
    watchdog_.watch(Direction::reading, limit);
    const auto [error, bytes] = co_await wire_.receive(net::buffer(buffer_.get() + end_, capacity_ - end_));
    if (error == net::error::eof) {
        watchdog_.relax(Direction::reading);
        co_return 0;
    }
    check(Direction::reading, error);
    end_ += bytes;
    co_return bytes;
}

awaitable<> Channel::wait_writable(Milliseconds limit) {
    watchdog_.watch(Direction::writing, limit);
    const auto [error] = co_await wire_.wait_writable();
    check(Direction::writing, error);
}

awaitable<> Channel::write(std::span<net::const_buffer> buffers, Milliseconds limit) {
    while (true) {
        while (!buffers.empty() && buffers.front().size() == 0) buffers = buffers.subspan(1);
        if (buffers.empty()) co_return;
        boost::system::error_code error;
        // Nearly always it fits into the socket's buffer: then nothing is suspended.
        auto sent = wire_.write_some(buffers, error);
        if (error == net::error::would_block) {
            co_await wait_writable(limit);
            continue;
        }
        if (error) throw_system(error);
        for (auto& buffer : buffers) {
            const auto part = std::min(sent, buffer.size());
            buffer += part;
            sent -= part;
        }
    }
}

awaitable<> Channel::write(std::string_view text, Milliseconds limit) {
    std::array<net::const_buffer, 1> buffers{net::buffer(text)};
    co_await write(buffers, limit);
}

awaitable<> Channel::write_file(std::string_view head, int file, std::uint64_t offset, std::uint64_t count,
                                Milliseconds limit) {
    if (wire_.is_encrypted()) {
        co_await write(head, limit);
        co_await write_file_encrypted(file, offset, count, limit);
        co_return;
    }
    boost::system::error_code error;
    // MSG_MORE: the head shares its packet with the file's first bytes.
    const auto sent = count == 0 ? 0 : socket().send(net::buffer(head), MSG_MORE, error);
    if (error && error != net::error::would_block) throw_system(error);
    co_await write(head.substr(sent), limit);
    auto at = static_cast<off_t>(offset);
    const auto end = static_cast<off_t>(offset + count);
    while (at < end) {
        const auto slice = std::min(static_cast<std::size_t>(end - at), file_slice);
        const auto moved = ::sendfile(socket().native_handle(), file, &at, slice);
        if (moved < 0 && errno == EINTR) continue;
        if (moved < 0 && errno != EAGAIN) throw_system({errno, boost::system::system_category()});
        if (moved == 0) throw_system(net::error::eof);  // the file is shorter than was said
        if (at < end) co_await wait_writable(limit);
    }
}

/// The bytes must pass through us to be encrypted.
awaitable<> Channel::write_file_encrypted(int file, std::uint64_t offset, std::uint64_t count, Milliseconds limit) {
    const auto room = std::min<std::uint64_t>(count, small_body_room);
    const std::unique_ptr<char[]> piece(new char[room]);
    for (auto left = count; left > 0;) {
        const auto got = ::pread(file, piece.get(), std::min(left, room), static_cast<off_t>(offset + count - left));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) throw_system({errno, boost::system::system_category()});
        if (got == 0) throw_system(net::error::eof);  // the file is shorter than was said
        co_await write({piece.get(), static_cast<std::size_t>(got)}, limit);
        left -= static_cast<std::uint64_t>(got);
    }
}

void Channel::trim_buffer() {
    if (capacity_ > idle_room) release_buffer();
}

void Channel::release_buffer() {
    if (begin_ != end_) return;
    buffer_.reset();
    capacity_ = begin_ = end_ = 0;
}

void Channel::close() {
    wire_.close();
}

awaitable<> Channel::close_gently(Milliseconds limit, std::size_t bytes) {
    boost::system::error_code error;
    wire_.shutdown_send(error);
    const auto until = SteadyClock::now() + limit;
    std::size_t total = 0;
    while (!error && total < bytes && SteadyClock::now() < until) {
        begin_ = end_ = 0;
        make_room(small_body_room);
        watchdog_.watch(Direction::reading, std::chrono::ceil<Milliseconds>(until - SteadyClock::now()));
        const auto [failed, count] = co_await wire_.receive(net::buffer(buffer_.get(), capacity_));
        watchdog_.relax(Direction::reading);
        error = failed;
        total += count;
    }
    close();
}

awaitable<std::optional<std::string_view>> read_piece(Channel& channel, BodyDecoder& decoder, Milliseconds limit) {
    while (!decoder.done()) {
        const auto [consumed, piece] = decoder.next(channel.received());
        channel.consume(consumed);
        if (decoder.failed()) fail({Kind::malformed, "malformed_body", std::string(decoder.problem())});
        if (!piece.empty()) co_return piece;
        if (decoder.done()) break;
        const bool small = decoder.remaining() > 0 && decoder.remaining() <= small_body_room;
        const auto bytes = co_await channel.read(limit, small ? small_body_room : body_room);
        if (bytes == 0) decoder.end_of_stream();
    }
    co_return std::nullopt;
}

}  // namespace darkroom::http
