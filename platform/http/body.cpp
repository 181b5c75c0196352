#include "platform/http/body.hpp"

#include "platform/core/error.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

/// Trusting a Content-Length with more than this before anything has arrived would let idle clients claim memory.
constexpr std::uint64_t largest_first_reservation = 64 * 1024;

}  // namespace

awaitable<std::string> read_all(BodyReader& body, std::uint64_t limit) {
    body.limit(limit);
    std::string content;
    if (const auto length = body.length()) content.reserve(std::min({*length, limit, largest_first_reservation}));
    while (true) {
        const auto piece = co_await body.read();
        if (!piece) break;
        if (piece->size() > limit - content.size()) {
            fail({Kind::too_large, "body_too_large", "the body is larger than " + std::to_string(limit) + " bytes"});
        }
        content.append(*piece);
    }
    co_return content;
}

}  // namespace darkroom::http
