#include "platform/identity/full_name.hpp"

#include "platform/identity/text.hpp"

namespace darkroom::identity {

Result<FullName> FullName::parse(std::string_view text) {
    const auto name = trim(text);
    const auto length = count_code_points(name);
    if (!length || has_control_character(name)) return invalid_field("", "has characters that a name cannot have");
    if (*length > schema.max_length) return invalid_field("", "must be at most 200 characters");
    return FullName(std::string(name));
}

}  // namespace darkroom::identity
