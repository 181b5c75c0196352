// multipart/form-data (RFC 7578), streamed: a part is read as it arrives and never held whole.
#pragma once

#include "platform/http/body.hpp"
#include "platform/http/message.hpp"

namespace darkroom::http {

struct MultipartLimits {
    std::size_t parts = 20;
    std::size_t header_bytes = 8 * 1024;
    /// For `read_text`.
    std::size_t field_bytes = 64 * 1024;
};

struct Part {
    std::string name;
    /// Present for files: base name only, control characters removed, at most 255 bytes, valid UTF-8.
    std::optional<std::string> filename;
    std::string content_type;
};

/// Use: while (auto part = co_await reader.next()) { … read() … }. What of a part is not read is skipped by `next`.
class MultipartReader {
public:
    /// Throws 415 when `content_type` is not multipart/form-data, 422 when it has no valid boundary.
    MultipartReader(BodyReader& body, std::string_view content_type, MultipartLimits limits = {});
    ~MultipartReader();

    /// The next part, or nullopt behind the last. Throws 422 `malformed_multipart` for a broken or cut-off body.
    awaitable<std::optional<Part>> next();
    /// The next piece of the current part's content; nullopt at its end. Good until the next call.
    awaitable<std::optional<std::string_view>> read();
    /// The rest of the current part as text; Failure too_large over `field_bytes`.
    awaitable<std::string> read_text();

private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

}  // namespace darkroom::http
