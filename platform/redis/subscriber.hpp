// Pub/Sub. Loop thread only.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/redis/url.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace darkroom::redis {

struct SubscriberOptions {
    Url url;
    Milliseconds connect_deadline = 2s;
    /// A PING goes out after this silence, and the connection is given up after thrice of it.
    Milliseconds silence = 5s;
};

/// Messages published while the connection was away are lost: `on_connected` is where a caller reads from the truth what it
/// may have missed. Callbacks run on the loop, must not throw and must not destroy the subscriber.
class Subscriber {
public:
    using OnMessage = std::function<void(std::string_view payload)>;

    Subscriber(Executor executor, CpuPool& cpu, SubscriberOptions options);
    ~Subscriber();
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;

    /// Also before `start` and while running. Several callbacks may share a channel.
    void subscribe(std::string channel, OnMessage on_message);
    /// Called each time all channels are confirmed, so once after every (re)connect; a message published after that moment
    /// arrives.
    void on_connected(std::function<void()> callback);
    void on_disconnected(std::function<void()> callback);
    /// Connects in the background from now on, again with backoff.
    void start();
    /// Connected and confirmed.
    bool connected() const;

    class Core;

private:
    std::shared_ptr<Core> core_;
};

}  // namespace darkroom::redis
