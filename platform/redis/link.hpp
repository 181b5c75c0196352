// One connection to Redis, bytes and replies; private to this module. Loop thread only.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/async/runtime.hpp"
#include "platform/redis/protocol.hpp"
#include "platform/redis/url.hpp"

#include <functional>
#include <memory>
#include <string>

namespace darkroom::redis {

/// TCP or unix alike.
using AnySocket = net::basic_stream_socket<net::generic::stream_protocol, Executor>;

class Link : public std::enable_shared_from_this<Link> {
public:
    using OnReply = std::function<void(Parsed)>;

    /// Connected, not yet greeted. Bounded by `deadline`; throws Failure or system_error with the cause.
    static awaitable<std::shared_ptr<Link>> connect(CpuPool& cpu, Url url, Milliseconds deadline);

    explicit Link(AnySocket socket);

    /// `on_reply` for each reply in order, `on_close` once when the connection has ended, whoever ended it.
    void start(OnReply on_reply, std::function<void()> on_close);
    /// Commands sent in one turn of the loop leave in one write.
    void send(const std::vector<std::string>& words);
    void close();
    bool is_open() const { return open_; }
    std::size_t unsent_bytes() const { return waiting_.size() + writing_.size(); }

    /// AUTH and SELECT as the URL says; the number of replies to expect.
    std::size_t greet(const Url& url);

private:
    void read();
    void on_bytes(std::size_t count);
    void write_soon();
    void write();

    AnySocket socket_;
    ReplyReader reader_;
    std::array<char, 16384> buffer_{};
    std::string waiting_;
    std::string writing_;
    bool write_scheduled_ = false;
    bool open_ = true;
    OnReply on_reply_;
    std::function<void()> on_close_;
};

/// Between attempts to connect: grows to 2 s, with jitter.
Milliseconds reconnect_pause(int failures);

/// What a caller of an absent Redis gets.
Error redis_unavailable();

}  // namespace darkroom::redis
