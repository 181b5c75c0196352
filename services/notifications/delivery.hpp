// From a stored notification to everybody who listens, on this instance and on the others.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/auth/revocations.hpp"
#include "platform/pg/listener.hpp"
#include "platform/redis/client.hpp"
#include "platform/redis/subscriber.hpp"
#include "services/notifications/live_sockets.hpp"
#include "services/notifications/notifications_repository.hpp"

namespace darkroom::notifications {

inline constexpr const char* channel = "darkroom.notifications";

/// Sockets of this instance are served directly, those of other instances by Redis: a push needs no Redis while there is one
/// instance. While Redis is away, and once it is back, each instance reads from the database what it may have missed.
class Delivery {
public:
    /// References must outlive the tasks. Subscribes to `channel`; the owner calls `subscriber.start()`.
    Delivery(Runtime& runtime, NotificationsRepository& repository, LiveSockets& sockets, redis::Client& redis,
             redis::Subscriber& subscriber);

    /// Notified when a notification has been stored (pg::Listener).
    Notifier& wake() { return wake_; }
    /// These three run until cancelled; spawn them in a TaskGroup. `run` claims and pushes, `watch` lets no wake-up slip by
    /// while it is busy, the third reads what Redis may have lost.
    awaitable<> run();
    awaitable<> watch();
    awaitable<> make_up_for_lost_messages();
    /// One round of `run`: how many were pushed.
    awaitable<std::size_t> deliver_pending();

    std::uint64_t sent() const { return sent_; }
    /// Pushes that other instances get once Redis is back.
    std::size_t unpublished() const { return unpublished_.size(); }

private:
    awaitable<std::size_t> try_to_deliver(SteadyClock::time_point& next_check);
    awaitable<bool> try_to_read_since(Timestamp since);
    awaitable<> push(std::vector<Notification> notifications);
    /// What other instances have not been told yet.
    awaitable<> publish();
    void receive(std::string_view message);

    NotificationsRepository& repository_;
    LiveSockets& sockets_;
    redis::Client& redis_;
    redis::Subscriber& subscriber_;
    Notifier wake_;
    /// From `watch` to `run`.
    Notifier look_;
    bool woken_ = false;
    /// Older notifications belong to sockets that an earlier process had.
    Timestamp started_;
    bool redis_returned_ = false;
    std::vector<std::vector<std::string>> unpublished_;
    std::uint64_t sent_ = 0;
};

}  // namespace darkroom::notifications
