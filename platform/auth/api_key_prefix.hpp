// What an API key looks like, for those who make and those who read them.
#pragma once

#include <string_view>

namespace darkroom::auth {

/// So that secret scanners and people know one when they see it.
inline constexpr std::string_view api_key_prefix = "dk_";

}  // namespace darkroom::auth
