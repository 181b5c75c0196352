#include "platform/http/multipart_parser.hpp"

#include "platform/http/part_headers.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

constexpr std::size_t longest_boundary = 70;

[[noreturn]] void malformed(std::string_view what) {
    fail({Kind::invalid, "malformed_multipart", "the multipart body " + std::string(what)});
}

bool is_boundary_character(char c) {
    constexpr std::string_view marks = "'()+_,-./:=? ";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

/// Where the end of `input` could be the beginning of `delimiter`.
std::size_t partial_match(std::string_view input, std::string_view delimiter) {
    const auto earliest = input.size() - std::min(input.size(), delimiter.size() - 1);
    for (auto at = input.find('\r', earliest); at != std::string_view::npos; at = input.find('\r', at + 1)) {
        if (delimiter.starts_with(input.substr(at))) return at;
    }
    return input.size();
}

}  // namespace

Result<std::string> multipart_boundary(std::string_view content_type) {
    const auto type = parse_parameterized(content_type);
    if (!type || !equal_ignoring_case(type->value, "multipart/form-data")) {
        return Error{Kind::unsupported_media, "unsupported_media_type", "Content-Type: must be multipart/form-data"};
    }
    const auto* boundary = type->find("boundary");
    const bool valid = boundary != nullptr && !boundary->empty() && boundary->size() <= longest_boundary &&
                       boundary->back() != ' ' && std::ranges::all_of(*boundary, is_boundary_character);
    if (!valid) return Error{Kind::invalid, "malformed_multipart", "Content-Type: multipart/form-data needs a valid boundary"};
    return *boundary;
}

MultipartParser::MultipartParser(std::string_view boundary, MultipartLimits limits)
    : delimiter_("\r\n--" + std::string(boundary)), limits_(limits) {}

MultipartParser::Step MultipartParser::next(std::string_view input) {
    switch (state_) {
        case State::start: {
            // The first delimiter needs no line end before it.
            const auto first = std::string_view(delimiter_).substr(2);
            if (input.size() < first.size() && first.starts_with(input)) return {};
            if (!input.starts_with(first)) {
                state_ = State::preamble;
                return skip_preamble(input);
            }
            state_ = State::delimiter;
            return {Event::need_more, first.size(), {}};
        }
        case State::preamble: return skip_preamble(input);
        case State::delimiter: return read_delimiter(input);
        case State::headers: return read_headers(input);
        case State::content_start: return start_content(input);
        case State::content: return read_content(input);
        case State::epilogue: break;
    }
    return {Event::end, input.size(), {}};
}

MultipartParser::Step MultipartParser::skip_preamble(std::string_view input) {
    const auto at = input.find(delimiter_);
    const auto skipped = at == std::string_view::npos ? partial_match(input, delimiter_) : at;
    preamble_ += skipped;
    if (preamble_ > limits_.header_bytes) malformed("does not begin with its boundary");
    if (at == std::string_view::npos) return {Event::need_more, skipped, {}};
    state_ = State::delimiter;
    return {Event::need_more, at + delimiter_.size(), {}};
}

/// Behind a delimiter: "--" ends the body, else white space and the line's end are followed by a part's headers.
MultipartParser::Step MultipartParser::read_delimiter(std::string_view input) {
    if (input.starts_with("--")) {
        state_ = State::epilogue;
        return {Event::end, 2, {}};
    }
    if (input.empty() || input == "-") return {};
    const auto text = input.find_first_not_of(" \t");
    if (std::min(text, input.size()) > limits_.header_bytes) malformed("has a malformed boundary line");
    if (text == std::string_view::npos || (text + 1 == input.size() && input[text] == '\r')) {
        return {};
    }
    if (input.substr(text, 2) != "\r\n") malformed("has a malformed boundary line");
    if (++parts_ > limits_.parts) malformed("has more than " + std::to_string(limits_.parts) + " parts");
    state_ = State::headers;
    return {Event::need_more, text + 2, {}};
}

MultipartParser::Step MultipartParser::read_headers(std::string_view input) {
    constexpr std::string_view end = "\r\n\r\n";
    const auto at = input.find(end);
    if (std::min(at, input.size()) > limits_.header_bytes) malformed("has headers that are too large");
    if (input.starts_with("\r\n")) malformed("has a part without headers");
    if (at == std::string_view::npos) return {};
    auto part = parse_part_headers(input.substr(0, at));
    part_ = std::move(part.value());
    state_ = State::content_start;
    // The empty line stays: it may be the beginning of the delimiter, when the part has no content at all.
    return {Event::part, at + 2, {}};
}

MultipartParser::Step MultipartParser::start_content(std::string_view input) {
    const std::string_view delimiter(delimiter_);
    if (input.size() < delimiter.size() && delimiter.starts_with(input)) return {};
    state_ = State::content;
    if (input.starts_with(delimiter)) return read_content(input);
    return {Event::need_more, 2, {}};
}

MultipartParser::Step MultipartParser::read_content(std::string_view input) {
    const auto at = input.find(delimiter_);
    if (at == 0) {
        state_ = State::delimiter;
        return {Event::part_end, delimiter_.size(), {}};
    }
    const auto safe = at == std::string_view::npos ? partial_match(input, delimiter_) : at;
    if (safe == 0) return {};
    return {Event::content, safe, input.substr(0, safe)};
}

}  // namespace darkroom::http
