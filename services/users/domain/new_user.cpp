#include "services/users/domain/new_user.hpp"

#include "platform/core/encoding.hpp"
#include "platform/identity/text.hpp"

#include <algorithm>

namespace darkroom::users {

Result<NewPassword> NewPassword::parse(std::string_view text) {
    const auto length = identity::count_code_points(text);
    if (!length) return invalid_field("", "is not UTF-8");
    if (*length < schema.min_length || *length > schema.max_length) return invalid_field("", "must be 8 to 128 characters");
    return NewPassword(Secret(std::string(text)));
}

std::string fingerprint_of(const NewUser& user) {
    auto plain = user;
    plain.password.reset();
    return sha256_hex(json::serialize(json::encode(plain)));
}

Result<IdempotencyKey> IdempotencyKey::parse(std::string_view text) {
    const bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
    if (text.empty() || text.size() > 128 || !visible) {
        return invalid_field("Idempotency-Key", "must be 1 to 128 visible ASCII characters");
    }
    return IdempotencyKey(std::string(text));
}

}  // namespace darkroom::users
