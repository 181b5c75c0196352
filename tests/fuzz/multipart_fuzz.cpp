// Whatever arrives: no crash, and the same parts however the bytes are cut.
#include "platform/http/multipart_parser.hpp"

#include <cstdlib>

namespace darkroom::http {
namespace {

/// Feeds all of `input`, the first `cut` bytes first; parts and contents in one text.
std::string parts_of(std::string_view input, std::size_t cut) {
    MultipartParser parser("X", {});
    std::string found;
    std::string pending(input.substr(0, cut));
    auto rest = input.substr(cut);
    try {
        while (!parser.ended()) {
            const auto step = parser.next(pending);
            if (step.event == MultipartParser::Event::part) found += "[" + parser.part().name + "]";
            found += step.content;
            pending.erase(0, step.consumed);
            if (step.event != MultipartParser::Event::need_more || step.consumed != 0) continue;
            if (rest.empty()) return "cut off";
            pending.append(rest);
            rest = {};
        }
    } catch (const Failure&) {  // refused, which is as good an outcome
        return "refused";
    }
    return found;
}

}  // namespace
}  // namespace darkroom::http

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
    const std::string_view input(static_cast<const char*>(static_cast<const void*>(data)), size);
    const auto whole = darkroom::http::parts_of(input, size);
    if (darkroom::http::parts_of(input, size / 2) != whole) std::abort();
    return 0;
}
