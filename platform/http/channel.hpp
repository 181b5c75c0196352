// A wire with a read buffer and a watchdog: what server connections and client connections are made of.
#pragma once

#include "platform/async/io.hpp"
#include "platform/core/time.hpp"
#include "platform/http/body_decoder.hpp"
#include "platform/http/wire.hpp"

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

namespace darkroom::http {

/// Reading and writing wait independently of each other: a proxy does both at once.
enum class Direction { reading, writing };

/// One timer for every wait of a socket. It is not set back for each operation: when it fires early it looks at the deadline
/// again, so that a busy connection costs no timer operations at all.
class Watchdog {
public:
    explicit Watchdog(TcpSocket& socket);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    /// From now until `relax`, the socket's operations (of both directions) are cancelled once `limit` has passed.
    void watch(Direction direction, Milliseconds limit);
    /// True when the watchdog has cancelled since `watch`: then an aborted operation means a deadline.
    bool relax(Direction direction);
    /// No wait goes past this point in time, whatever its limit.
    void set_end(SteadyClock::time_point end);

private:
    struct State;
    static void arm(const std::shared_ptr<State>& state);
    std::shared_ptr<State> state_;
};

/// Failures are boost::system::system_error: net::error::timed_out when a limit has passed, operation_aborted when the
/// coroutine was cancelled, else what the socket says. One reader and one writer at a time.
class Channel {
public:
    explicit Channel(Wire wire);
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    Wire& wire() { return wire_; }
    TcpSocket& socket() { return wire_.socket(); }
    Watchdog& watchdog() { return watchdog_; }

    /// Received and not consumed. Consumed bytes stay in place until the next `read`.
    std::string_view received() const { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t bytes) { begin_ += bytes; }

    /// Between two messages: true once there is something to read, false when the peer has closed or `limit` has passed. After
    /// a short while it waits without holding a buffer.
    awaitable<bool> wait_for_message(Milliseconds limit);
    /// Reads more behind `received()`, in a buffer of at least `room` bytes. The number of new bytes, 0 at the end of the
    /// stream.
    awaitable<std::size_t> read(Milliseconds limit, std::size_t room);
    /// Writes all; `limit` is for each stretch of silence.
    awaitable<> write(std::span<net::const_buffer> buffers, Milliseconds limit);
    awaitable<> write(std::string_view text, Milliseconds limit);
    /// Writes `head`, then `count` bytes of the file from `offset` on.
    awaitable<> write_file(std::string_view head, int file, std::uint64_t offset, std::uint64_t count, Milliseconds limit);
    /// Gives the buffer's memory back if nothing is left in it.
    void release_buffer();
    /// The same, but keeps a small one for the next message.
    void trim_buffer();

    /// Ends the connection as is: the peer sees a reset if it has sent what was not read.
    void close();
    /// Tells the peer that no more comes, and reads away what it still sends, for at most `limit` and `bytes`: otherwise the
    /// reset that follows unread input could destroy the last answer on its way.
    awaitable<> close_gently(Milliseconds limit, std::size_t bytes);

private:
    void make_room(std::size_t room);
    awaitable<> wait_writable(Milliseconds limit);
    awaitable<> write_file_encrypted(int file, std::uint64_t offset, std::uint64_t count, Milliseconds limit);
    void check(Direction direction, boost::system::error_code error);

    Wire wire_;
    Watchdog watchdog_;
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// The next piece of a body, a view into the channel's buffer; nullopt at its end. Throws Failure malformed for a broken body.
awaitable<std::optional<std::string_view>> read_piece(Channel& channel, BodyDecoder& decoder, Milliseconds limit);

}  // namespace darkroom::http
