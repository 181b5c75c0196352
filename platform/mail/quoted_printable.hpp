// RFC 2045's quoted-printable, for texts: stays readable in the raw message, and no line is longer than 76 characters.
#pragma once

#include <string>
#include <string_view>

namespace darkroom::mail {

/// Line breaks of any kind become CRLF.
std::string quoted_printable(std::string_view text);
/// The inverse; line breaks become LF. What is not well-formed stays as it is.
std::string from_quoted_printable(std::string_view encoded);

}  // namespace darkroom::mail
