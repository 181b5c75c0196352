// What a person's clients remember for them: any JSON object, bounded.
#pragma once

#include "platform/json/described.hpp"

namespace darkroom::users {

inline constexpr std::size_t max_preferences_bytes = 16 * 1024;

/// 422 when the object is larger than 16 KiB as JSON, or has a NUL character, which PostgreSQL cannot store.
Result<void> check_preferences(const json::Object& preferences);

/// RFC 7396: members of `patch` replace those of `target`, null removes, objects are merged.
json::Object merge_patch(json::Object target, const json::Object& patch);

}  // namespace darkroom::users
