#include "services/auth/domain/password.hpp"

#include "platform/identity/text.hpp"

namespace darkroom::accounts {

Result<Password> Password::parse(std::string_view text) {
    const auto length = identity::count_code_points(text);
    if (!length) return invalid_field("", "is not UTF-8");
    if (*length < schema.min_length || *length > schema.max_length) return invalid_field("", "must be 8 to 128 characters");
    return Password(Secret(std::string(text)));
}

}  // namespace darkroom::accounts
