// RFC 2047: text of any language in a header, which may hold ASCII only.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::mail {

/// As it may stand behind "Subject: ": plain where that is safe, else encoded words, folded so that no line is too long. Line
/// breaks and other control characters become spaces, so nothing in `text` can begin a header of its own.
std::string encode_header(std::string_view text);

/// The inverse, for showing; what is not understood stays as it is.
std::string decode_header(std::string_view value);

}  // namespace darkroom::mail
