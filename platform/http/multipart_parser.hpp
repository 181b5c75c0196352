// The boundary machine of multipart/form-data (RFC 7578, RFC 2046 §5.1). No I/O.
#pragma once

#include "platform/http/multipart.hpp"

#include <string>
#include <string_view>

namespace darkroom::http {

/// The boundary of a Content-Type header. Kind::unsupported_media when it is not multipart/form-data, Kind::invalid when it
/// has no valid boundary.
Result<std::string> multipart_boundary(std::string_view content_type);

/// The name that a file may have on our side: no directories, control or text-direction characters, at most 255 bytes, UTF-8.
std::string sanitized_filename(std::string_view name);

class MultipartParser {
public:
    enum class Event {
        /// Nothing more in this input; call again with what was not consumed and what follows it.
        need_more,
        part,
        content,
        part_end,
        end
    };
    struct Step {
        Event event = Event::need_more;
        std::size_t consumed = 0;
        /// For `content`: a view into the input.
        std::string_view content;
    };

    MultipartParser(std::string_view boundary, MultipartLimits limits);

    /// The next event in `input`. Throws Failure invalid `malformed_multipart`.
    Step next(std::string_view input);
    /// After `Event::part`.
    const Part& part() const { return part_; }
    bool ended() const { return state_ == State::epilogue; }

private:
    enum class State { start, preamble, delimiter, headers, content_start, content, epilogue };

    Step skip_preamble(std::string_view input);
    Step read_delimiter(std::string_view input);
    Step read_headers(std::string_view input);
    Step start_content(std::string_view input);
    Step read_content(std::string_view input);

    /// CR LF "--" boundary
    std::string delimiter_;
    MultipartLimits limits_;
    State state_ = State::start;
    Part part_;
    std::size_t parts_ = 0;
    std::size_t preamble_ = 0;
};

}  // namespace darkroom::http
