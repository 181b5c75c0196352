// Roles are sets of permissions. Every check in the system asks for a permission, never for a role's name.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <span>
#include <string_view>

namespace darkroom::auth {

enum class Role { guest, user, premium, admin };
BOOST_DESCRIBE_ENUM(Role, guest, user, premium, admin)

/// One greppable literal each; listed by GET /roles.
namespace permission {
inline constexpr std::string_view images_read = "images:read";
inline constexpr std::string_view images_write = "images:write";
inline constexpr std::string_view images_manage = "images:manage";
inline constexpr std::string_view notifications_read = "notifications:read";
inline constexpr std::string_view notifications_write = "notifications:write";
inline constexpr std::string_view notifications_send = "notifications:send";
inline constexpr std::string_view users_self = "users:self";
inline constexpr std::string_view users_manage = "users:manage";
inline constexpr std::string_view clients_manage = "clients:manage";
inline constexpr std::string_view events_read_own = "events:read_own";
inline constexpr std::string_view events_read = "events:read";
inline constexpr std::string_view events_publish = "events:publish";
inline constexpr std::string_view events_subscribe = "events:subscribe";
inline constexpr std::string_view events_manage = "events:manage";
inline constexpr std::string_view system_read = "system:read";
}  // namespace permission

std::span<const std::string_view> permissions_of(Role role);
bool has_permission(Role role, std::string_view wanted);
std::optional<Role> role_from(std::string_view text);
std::string_view role_text(Role role);

}  // namespace darkroom::auth
