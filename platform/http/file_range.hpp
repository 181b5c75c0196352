// Conditional and range requests for a file (RFC 9110 §13, §14). No I/O.
#pragma once

#include "platform/http/message.hpp"

#include <cstdint>

namespace darkroom::http {

struct FilePlan {
    int status = 200;
    std::uint64_t offset = 0;
    std::uint64_t count = 0;
};

/// What of a file of `size` bytes answers `request`. `headers` are the response's own (ETag, Last-Modified);
/// Accept-Ranges and Content-Range are added to them. Several ranges at once are answered with the whole file.
FilePlan plan_file(const RequestHead& request, Headers& headers, std::uint64_t size);

}  // namespace darkroom::http
