#include "services/auth/domain/api_key.hpp"

#include "platform/auth/api_key_prefix.hpp"
#include "platform/core/encoding.hpp"
#include "platform/identity/text.hpp"

#include <algorithm>

namespace darkroom::accounts {

namespace {

constexpr std::size_t shown_characters = 11;

}  // namespace

Result<Label> Label::parse(std::string_view text) {
    const auto trimmed = identity::trim(text);
    const auto length = identity::count_code_points(trimmed);
    if (!length || identity::has_control_character(trimmed)) {
        return invalid_field("", "has characters that a name cannot have");
    }
    if (*length < schema.min_length || *length > schema.max_length) return invalid_field("", "must have 1 to 100 characters");
    return Label(std::string(trimmed));
}

OpaqueToken new_api_key() {
    return OpaqueToken::from(std::string(auth::api_key_prefix) + random_token());
}

std::string shown_prefix(const OpaqueToken& key) {
    return std::string(key.reveal().substr(0, shown_characters));
}

Result<std::vector<std::string>> check_scopes(std::vector<std::string> scopes, auth::Role role) {
    if (scopes.empty()) return invalid_field("scopes", "must name at least one permission");
    for (std::size_t i = 0; i < scopes.size(); ++i) {
        if (auth::has_permission(role, scopes[i])) continue;
        const bool known = auth::has_permission(auth::Role::admin, scopes[i]);
        return invalid_field("scopes[" + std::to_string(i) + "]",
                             known ? "is a permission that you do not have" : "is not a permission; GET /roles lists them");
    }
    std::ranges::sort(scopes);
    const auto repeated = std::ranges::unique(scopes);
    scopes.erase(repeated.begin(), repeated.end());
    return scopes;
}

Result<void> check_expiry(const std::optional<Timestamp>& expires_at, Timestamp now) {
    if (expires_at && *expires_at <= now) return invalid_field("expires_at", "must be in the future");
    return {};
}

}  // namespace darkroom::accounts
