// Who is asking: known from a verified token only, never from a header.
#pragma once

#include "platform/auth/permissions.hpp"
#include "platform/core/error.hpp"
#include "platform/core/ids.hpp"
#include "platform/core/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::auth {

enum class CallerKind { anonymous, user, service };

struct Caller {
    CallerKind kind = CallerKind::anonymous;
    /// Of a user only.
    UserId user_id{};
    std::string username{};
    std::string email{};
    Role role = Role::guest;
    SessionId session_id{};
    /// Of a service only: "image-service".
    std::string service{};
    /// An API key or OAuth token may do less than its user: when set, a permission must be in here too.
    std::optional<std::vector<std::string>> scopes{};
    Timestamp expires_at{};

    bool signed_in() const { return kind != CallerKind::anonymous; }
    bool is_service() const { return kind == CallerKind::service; }
    /// An API key or an application that a person lets act for them, not the person in a session of their own.
    bool is_scoped() const { return scopes.has_value(); }
    bool is_admin() const { return kind == CallerKind::user && role == Role::admin && !is_scoped(); }
    /// A service may do everything that its audience-bound token lets it reach.
    bool may(std::string_view permission) const;

    /// The `user_id` rule of API.md: absent means the caller; somebody else is 403 unless the caller is admin or a service.
    /// A service must name a user (422 otherwise).
    UserId acting_for(const std::optional<UserId>& named) const;
    /// For what decides over the account itself. Throws 403 `session_required` for keys, applications and services.
    void require_session() const;
};

}  // namespace darkroom::auth
