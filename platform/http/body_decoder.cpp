#include "platform/http/body_decoder.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

/// 15 hexadecimal digits stay far from overflow.
constexpr int longest_size = 15;
/// Extensions and trailers of one body, all together.
constexpr std::size_t largest_overhead = 8 * 1024;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
}

bool is_name_character(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t length) {
    switch (framing) {
        case Framing::none: state_ = State::done; break;
        case Framing::sized:
            state_ = length == 0 ? State::done : State::sized;
            remaining_ = length;
            break;
        case Framing::chunked: state_ = State::size; break;
        case Framing::until_close: state_ = State::until_close; break;
    }
}

void BodyDecoder::fail(std::string_view problem) {
    state_ = State::failed;
    problem_ = problem;
}

void BodyDecoder::end_of_stream() {
    if (state_ == State::until_close) {
        state_ = State::done;
    } else if (state_ != State::done && state_ != State::failed) {
        fail("the connection was closed in the middle of the body");
    }
}

BodyDecoder::Step BodyDecoder::take_content(std::string_view received) {
    if (state_ == State::until_close) return {received.size(), received};
    const auto piece = received.substr(0, std::min<std::uint64_t>(received.size(), remaining_));
    remaining_ -= piece.size();
    if (remaining_ == 0) state_ = state_ == State::sized ? State::done : State::data_cr;
    return {piece.size(), piece};
}

BodyDecoder::Step BodyDecoder::next(std::string_view received) {
    std::size_t consumed = 0;
    while (consumed < received.size() && state_ != State::done && state_ != State::failed) {
        if (state_ == State::sized || state_ == State::until_close || state_ == State::data) {
            const auto taken = take_content(received.substr(consumed));
            return {consumed + taken.consumed, taken.piece};
        }
        step(received[consumed++]);
    }
    return {consumed, {}};
}

void BodyDecoder::expect(char c, char wanted, State next) {
    if (c != wanted) return fail("a chunk does not end with CR LF");
    state_ = next;
}

void BodyDecoder::step(char c) {
    switch (state_) {
        case State::size: return step_size(c);
        case State::extension:
            if (c == '\r') {
                state_ = State::size_lf;
            } else if (is_control(c)) {
                fail("a chunk extension has a control character");
            } else if (++overhead_ > largest_overhead) {
                fail("the chunk extensions are too long");
            }
            return;
        case State::size_lf:
            expect(c, '\n', remaining_ == 0 ? State::trailer_start : State::data);
            digits_ = 0;
            return;
        case State::data_cr: return expect(c, '\r', State::data_lf);
        case State::data_lf: return expect(c, '\n', State::size);
        default: return step_trailer(c);
    }
}

void BodyDecoder::step_size(char c) {
    const int digit = hex_value(c);
    if (digit >= 0) {
        if (++digits_ > longest_size) return fail("a chunk size is too large");
        remaining_ = remaining_ * 16 + static_cast<std::uint64_t>(digit);
    } else if (digits_ == 0) {
        fail("a chunk size is missing");
    } else if (c == '\r') {
        state_ = State::size_lf;
    } else if (c == ';') {
        state_ = State::extension;
    } else {
        fail("a chunk size is no hexadecimal number");
    }
}

void BodyDecoder::step_trailer(char c) {
    if (++overhead_ > largest_overhead) return fail("the trailers are too long");
    switch (state_) {
        case State::trailer_start:
            if (c == '\r') {
                state_ = State::last_lf;
            } else if (is_name_character(c)) {
                state_ = State::trailer_name;
            } else {
                fail("a trailer is malformed");
            }
            return;
        case State::trailer_name:
            if (c == ':') {
                state_ = State::trailer_value;
            } else if (!is_name_character(c)) {
                fail("a trailer is malformed");
            }
            return;
        case State::trailer_value:
            if (c == '\r') {
                state_ = State::trailer_lf;
            } else if (is_control(c)) {
                fail("a trailer has a control character");
            }
            return;
        case State::trailer_lf: return expect(c, '\n', State::trailer_start);
        case State::last_lf: return expect(c, '\n', State::done);
        default: return;
    }
}

}  // namespace darkroom::http
