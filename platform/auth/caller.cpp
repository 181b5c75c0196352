#include "platform/auth/access.hpp"

#include <algorithm>

namespace darkroom::auth {

bool Caller::may(std::string_view permission) const {
    if (kind == CallerKind::service) return true;
    if (kind == CallerKind::anonymous || !has_permission(role, permission)) return false;
    return !scopes || std::ranges::find(*scopes, permission) != scopes->end();
}

UserId Caller::acting_for(const std::optional<UserId>& named) const {
    if (!named) {
        if (kind == CallerKind::service) fail(invalid_field("user_id", "is required when a service acts for a user"));
        return user_id;
    }
    if (kind == CallerKind::service || is_admin() || *named == user_id) return *named;
    fail({Kind::forbidden, "foreign_user", "user_id: you may only name yourself"});
}

void Caller::require_session() const {
    if (kind == CallerKind::user && !is_scoped()) return;
    fail({Kind::forbidden, "session_required",
          "only a person who has signed in may do this, not a key, an application or a service"});
}

void Access::check(const Caller& caller) const {
    if (level_ == Level::open) return;
    if (!caller.signed_in()) fail({Kind::unauthenticated, "unauthenticated", "a bearer token or an API key is required"});
    const auto refuse = [] { fail({Kind::forbidden, "forbidden", "your account is not allowed to do this"}); };
    switch (level_) {
        case Level::open:
        case Level::signed_in: return;
        case Level::session: caller.require_session(); return;
        case Level::session_with:
            caller.require_session();
            if (!caller.may(permission_)) refuse();
            return;
        case Level::own:
            if (caller.is_scoped() && !caller.may(permission_)) refuse();
            return;
        case Level::service:
            if (!caller.is_service()) refuse();
            return;
        case Level::permission:
            if (caller.is_service() || !caller.may(permission_)) refuse();
            return;
        case Level::permission_or_service:
            if (!caller.is_service() && !caller.may(permission_)) refuse();
            return;
    }
}

}  // namespace darkroom::auth
