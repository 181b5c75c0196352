// Whatever arrives: no crash, and the same reading however the bytes are cut.
#include "platform/http/body_decoder.hpp"
#include "platform/http/head_parser.hpp"

#include <cstdlib>

namespace darkroom::http {
namespace {

void demand(bool truth) {
    if (!truth) std::abort();
}

struct Decoded {
    std::string content;
    std::size_t consumed = 0;
    bool failed = false;

    bool operator==(const Decoded&) const = default;
};

Decoded decode(Framing framing, std::uint64_t length, std::string_view input, std::size_t size) {
    BodyDecoder decoder(framing, length);
    Decoded decoded;
    while (decoded.consumed < input.size() && !decoder.done() && !decoder.failed()) {
        const auto [consumed, piece] = decoder.next(input.substr(decoded.consumed, size));
        decoded.consumed += consumed;
        decoded.content += piece;
    }
    decoded.failed = decoder.failed();
    return decoded;
}

void check_body(const ParsedRequest& request, std::string_view rest) {
    const auto length = request.head.content_length.value_or(0);
    const auto whole = decode(request.framing, length, rest, rest.size());
    demand(whole == decode(request.framing, length, rest, 1));
    if (request.framing == Framing::sized) demand(whole.content == rest.substr(0, length));
}

void check_request(std::string_view input) {
    const HeadLimits limits;
    HeadScanner at_once(limits);
    HeadScanner by_bytes(limits);
    const auto size = at_once.scan(input);
    std::optional<std::size_t> found;
    for (std::size_t end = 0; end <= input.size() && !found && !by_bytes.error(); ++end)
        found = by_bytes.scan(input.substr(0, end));
    if (!size) return demand(!found);
    const auto head = input.substr(at_once.start(), *size - at_once.start());
    static_cast<void>(parse_response_head(head, limits, false));
    const auto request = parse_request_head(head, limits);
    // Byte by byte, hopeless input may be refused before its end.
    demand(found == size || !request);
    if (!request) return demand(request.error().status >= 400);
    demand(request->head.path.starts_with('/') && request->head.path.find("/../") == std::string::npos);
    demand(request->head.headers.count("Host") <= 1 && request->head.headers.count("Content-Length") <= 1);
    check_body(*request, input.substr(*size));
}

}  // namespace
}  // namespace darkroom::http

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    darkroom::http::check_request({static_cast<const char*>(static_cast<const void*>(data)), size});
    return 0;
}
