// What the value types of this folder need to know of UTF-8.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::identity {

/// The number of code points; nullopt when `text` is not well-formed UTF-8 (RFC 3629: no overlong forms, no surrogates).
std::optional<std::size_t> count_code_points(std::string_view text);
/// ASCII only: what e-mail addresses and usernames are compared by.
std::string to_lower(std::string_view text);
/// Without spaces and tabs at either end.
std::string_view trim(std::string_view text);
/// True for a control character (C0, DEL) anywhere.
bool has_control_character(std::string_view text);

}  // namespace darkroom::identity
