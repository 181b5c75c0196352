#include "services/users/domain/preferences.hpp"

#include <algorithm>

namespace darkroom::users {

namespace {

/// In a text or a key; JSON can say it, PostgreSQL's jsonb cannot keep it. Recursion ends with the parser's depth bound.
bool has_nul(const json::Value& value) {
    if (value.is_string()) return json::view(value.get_string()).find('\0') != std::string_view::npos;
    if (value.is_array()) return std::ranges::any_of(value.get_array(), has_nul);
    if (!value.is_object()) return false;
    return std::ranges::any_of(value.get_object(), [](const auto& member) {
        return std::string_view(member.key()).find('\0') != std::string_view::npos || has_nul(member.value());
    });
}

}  // namespace

Result<void> check_preferences(const json::Object& preferences) {
    if (json::serialize(preferences).size() > max_preferences_bytes)
        return invalid_field("preferences", "must be at most 16 KiB as JSON");
    if (has_nul(json::Value(preferences))) return invalid_field("preferences", "must not have NUL characters");
    return {};
}

json::Object merge_patch(json::Object target, const json::Object& patch) {
    for (const auto& [key, value] : patch) {
        if (value.is_null()) {
            target.erase(key);
        } else if (value.is_object()) {
            const auto* present = target.if_contains(key);
            auto base = present != nullptr && present->is_object() ? present->get_object() : json::Object{};
            target[key] = merge_patch(std::move(base), value.get_object());
        } else {
            target[key] = value;
        }
    }
    return target;
}

}  // namespace darkroom::users
