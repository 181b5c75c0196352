// The headers of a multipart part. No I/O.
#pragma once

#include "platform/http/multipart.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::http {

/// "value; name=value; name="quoted value"", as in Content-Type and Content-Disposition.
struct Parameterized {
    std::string value;
    std::vector<QueryParameter> parameters;

    /// nullptr when absent. Names compare case-insensitively.
    const std::string* find(std::string_view name) const;
};

/// nullopt when it is ill-formed or a parameter is given twice. A backslash escapes only a quote: browsers send it as it is.
std::optional<Parameterized> parse_parameterized(std::string_view text);

/// `block` is a part's header lines without the empty line. Kind::invalid `malformed_multipart`.
Result<Part> parse_part_headers(std::string_view block);

}  // namespace darkroom::http
