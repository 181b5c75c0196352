// What a notification is.
#pragma once

#include "platform/core/ids.hpp"
#include "platform/core/time.hpp"
#include "platform/json/described.hpp"

#include <optional>
#include <string>

namespace darkroom::notifications {

/// Contract: API.md lists them. Never renamed.
enum class NotificationType {
    welcome,
    login,
    image_processing_completed,
    image_processing_failed,
    quota_warning,
    role_changed,
    broadcast
};
BOOST_DESCRIBE_ENUM(NotificationType, welcome, login, image_processing_completed, image_processing_failed, quota_warning,
                    role_changed, broadcast)

/// pending: stored. sent: stored and announced to whoever listens. read: its user has seen it. failed: given up.
enum class Status { pending, sent, read, failed };
BOOST_DESCRIBE_ENUM(Status, pending, sent, read, failed)

struct NotificationTag {};
using NotificationId = Id<NotificationTag>;

struct Notification {
    NotificationId id;
    UserId user_id;
    NotificationType type{};
    std::string title;
    std::string message;
    json::Object data;
    Status status{};
    Timestamp created_at{};
    std::optional<Timestamp> sent_at;
    std::optional<Timestamp> read_at;
};
BOOST_DESCRIBE_STRUCT(Notification, (), (id, user_id, type, title, message, data, status, created_at, sent_at, read_at))

/// What is to be told, before it is anybody's.
struct Draft {
    NotificationType type{};
    std::string title;
    std::string message;
    json::Object data;
};

}  // namespace darkroom::notifications
