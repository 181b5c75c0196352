// The one place where a request target's path is decoded.
#pragma once

#include "platform/core/error.hpp"

#include <string>
#include <string_view>

namespace darkroom::http {

/// The decoded path, so that two spellings of a path are never two resources and no check before the router can be talked
/// around. Refused (Kind::malformed): what does not begin with '/', broken escapes, encoded slashes, backslashes, control
/// characters, "//", "." and ".." segments in any spelling, invalid UTF-8.
Result<std::string> canonical_path(std::string_view raw);

/// Well-formed UTF-8 (no overlong forms, surrogates or code points above U+10FFFF).
bool is_utf8(std::string_view text);

}  // namespace darkroom::http
