// A request or response body as it arrives.
#pragma once

#include "platform/async/io.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::http {

/// Reads one message's body piece by piece; the peer is only read from when somebody asks (back-pressure).
class BodyReader {
public:
    virtual ~BodyReader() = default;

    /// The next piece, never empty; nullopt at the end. The view is good until the next call.
    /// Throws Failure: malformed (bad chunk, connection closed early), timed_out (slow body), too_large (over the limit).
    virtual awaitable<std::optional<std::string_view>> read() = 0;
    /// From now on more than `bytes` in all is Kind::too_large; a larger Content-Length is refused before anything is read.
    virtual void limit(std::uint64_t bytes) = 0;
    /// nullopt: chunked, length unknown.
    virtual std::optional<std::uint64_t> length() const = 0;
};

/// The whole body, at most `limit` bytes (else Failure too_large).
awaitable<std::string> read_all(BodyReader& body, std::uint64_t limit);

}  // namespace darkroom::http
