// The open WebSockets of this instance, by user. Loop thread only.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/http/websocket.hpp"
#include "services/notifications/domain/recent_ids.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace darkroom::notifications {

class LiveSockets {
public:
    /// Belongs to the coroutine that serves the socket; the socket is no longer sent to once this is gone.
    class Registration {
    public:
        Registration(LiveSockets& sockets, const auth::Caller& caller, http::WebSocket socket);
        ~Registration();
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

    private:
        LiveSockets& sockets_;
        UserId user_;
        std::uint64_t key_;
    };

    /// Hands a notification to every open socket of `user`. The second time for the same id does nothing: the same one comes
    /// directly, by Redis and, after an outage, from the database.
    void deliver(const UserId& user, std::string_view notification_id, std::shared_ptr<const std::string> text);

    /// Closes the sockets of sessions for which `is_ended` is true (1008).
    void close_ended(const std::function<bool(const SessionId&)>& is_ended);
    void close_all();

    std::vector<UserId> users() const;
    std::size_t size() const { return count_; }
    std::uint64_t delivered() const { return delivered_; }

private:
    struct Client {
        SessionId session;
        http::WebSocket socket;
    };
    // Far more than can be on their way by two routes at once.
    RecentIds recent_{10'000};
    std::unordered_map<UserId, std::map<std::uint64_t, Client>> clients_;
    std::uint64_t next_key_ = 0;
    std::size_t count_ = 0;
    std::uint64_t delivered_ = 0;
};

}  // namespace darkroom::notifications
