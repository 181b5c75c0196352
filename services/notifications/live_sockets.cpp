#include "services/notifications/live_sockets.hpp"

namespace darkroom::notifications {

LiveSockets::Registration::Registration(LiveSockets& sockets, const auth::Caller& caller, http::WebSocket socket)
    : sockets_(sockets), user_(caller.user_id), key_(sockets.next_key_++) {
    sockets_.clients_[user_].emplace(key_, Client{caller.session_id, std::move(socket)});
    ++sockets_.count_;
}

LiveSockets::Registration::~Registration() {
    const auto found = sockets_.clients_.find(user_);
    found->second.erase(key_);
    if (found->second.empty()) sockets_.clients_.erase(found);
    --sockets_.count_;
}

void LiveSockets::deliver(const UserId& user, std::string_view notification_id, std::shared_ptr<const std::string> text) {
    if (!recent_.insert(notification_id)) return;
    const auto found = clients_.find(user);
    if (found == clients_.end()) return;
    for (auto& [key, client] : found->second) {
        client.socket.send(text);
        ++delivered_;
    }
}

void LiveSockets::close_ended(const std::function<bool(const SessionId&)>& is_ended) {
    for (auto& [user, clients] : clients_) {
        for (auto& [key, client] : clients) {
            if (is_ended(client.session)) client.socket.close(http::CloseCode::policy, "the session has been ended");
        }
    }
}

void LiveSockets::close_all() {
    for (auto& [user, clients] : clients_) {
        for (auto& [key, client] : clients) client.socket.close(http::CloseCode::going_away, "the service is shutting down");
    }
}

std::vector<UserId> LiveSockets::users() const {
    std::vector<UserId> users;
    users.reserve(clients_.size());
    for (const auto& [user, clients] : clients_) users.push_back(user);
    return users;
}

}  // namespace darkroom::notifications
