#include "platform/auth/permissions.hpp"

#include "platform/json/described.hpp"

#include <algorithm>
#include <array>

namespace darkroom::auth {

namespace {

using namespace permission;

constexpr std::array guest_permissions{images_read, notifications_read, events_read_own};
constexpr std::array user_permissions{images_read, images_write,    notifications_read, notifications_write,
                                      users_self,  events_read_own, events_subscribe};
constexpr std::array admin_permissions{images_read,         images_write,       images_manage, notifications_read,
                                       notifications_write, notifications_send, users_self,    users_manage,
                                       clients_manage,      events_read_own,    events_read,   events_publish,
                                       events_subscribe,    events_manage,      system_read};

}  // namespace

std::span<const std::string_view> permissions_of(Role role) {
    switch (role) {
        case Role::guest: return guest_permissions;
        case Role::user:
        case Role::premium: return user_permissions;
        case Role::admin: return admin_permissions;
    }
    return {};
}

bool has_permission(Role role, std::string_view wanted) {
    return std::ranges::find(permissions_of(role), wanted) != permissions_of(role).end();
}

std::optional<Role> role_from(std::string_view text) {
    return json::enum_from<Role>(text);
}

std::string_view role_text(Role role) {
    return json::enum_text(role);
}

}  // namespace darkroom::auth
