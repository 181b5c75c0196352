// Where a body ends, and the chunked coding (RFC 9112 §7.1). No I/O, no copies.
#pragma once

#include "platform/http/head_parser.hpp"

#include <cstdint>
#include <string_view>

namespace darkroom::http {

/// Fed with what has been received, it says what of it is content. Stricter than llhttp: bounded chunk extensions and
/// trailers (both are dropped), CRLF only, no size beyond 2^60.
class BodyDecoder {
public:
    BodyDecoder() = default;
    BodyDecoder(Framing framing, std::uint64_t length);

    struct Step {
        /// Bytes of the input that are done with, content included.
        std::size_t consumed = 0;
        /// Content, a view into the input; may be empty while the body goes on.
        std::string_view piece;
    };
    /// At most one piece at a time. Consumes nothing once done or failed.
    Step next(std::string_view received);
    /// The connection ended: right for an until_close body, else the body is cut off and the decoder fails.
    void end_of_stream();

    bool done() const { return state_ == State::done; }
    bool failed() const { return state_ == State::failed; }
    std::string_view problem() const { return problem_; }
    /// What is still to come of a sized body; 0 when done.
    std::uint64_t remaining() const { return remaining_; }

private:
    enum class State {
        sized,
        until_close,
        size,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer_value,
        trailer_lf,
        last_lf,
        done,
        failed
    };

    Step take_content(std::string_view received);
    void step(char c);
    void step_size(char c);
    void step_trailer(char c);
    void expect(char c, char wanted, State next);
    void fail(std::string_view problem);

    State state_ = State::done;
    std::uint64_t remaining_ = 0;
    int digits_ = 0;
    std::size_t overhead_ = 0;
    std::string_view problem_;
};

}  // namespace darkroom::http
