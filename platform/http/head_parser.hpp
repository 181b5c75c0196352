// The start line and headers of a message, parsed strictly. No I/O.
// llhttp does the grammar; what it lets through (each rule has a case in head_parser_test.cpp) is checked here.
#pragma once

#include "platform/http/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::http {

struct HeadLimits {
    std::size_t head_bytes = 16 * 1024;
    std::size_t headers = 100;
    std::size_t target_bytes = 8 * 1024;
};

/// Why a message cannot be understood, and what a server answers. Framing is lost: the connection ends.
struct ProtocolError {
    int status = 400;
    std::string_view code;
    std::string detail;
};

/// How long the body behind a head is.
enum class Framing { none, sized, chunked, until_close };

/// Finds the end of a head and refuses broken line ends, before anything is interpreted.
class HeadScanner {
public:
    explicit HeadScanner(HeadLimits limits) : limits_(limits) {}

    /// `received` is everything received from the start of the head on; may be called again with more of it.
    /// The head's size once its empty line has arrived.
    std::optional<std::size_t> scan(std::string_view received);
    const std::optional<ProtocolError>& error() const { return error_; }
    /// The first byte of the start line (an empty line before it is skipped, RFC 9112 §2.2).
    std::size_t start() const { return start_; }

private:
    bool check_line(std::string_view line);
    void check_unfinished(std::string_view received);
    void fail(int status, std::string_view code, std::string_view detail);

    HeadLimits limits_;
    std::optional<ProtocolError> error_;
    std::size_t start_ = 0;
    std::size_t line_ = 0;
    bool in_start_line_ = true;
};

/// What a request's head says.
struct ParsedRequest {
    RequestHead head;
    Framing framing = Framing::none;
};

/// What a response's head says.
struct ParsedResponse {
    ResponseHead head;
    Framing framing = Framing::none;
    std::optional<std::uint64_t> content_length;
    bool keep_alive = true;
};

/// `head` is complete: it ends with its empty line, as HeadScanner found it.
boost::system::result<ParsedRequest, ProtocolError> parse_request_head(std::string_view head, HeadLimits limits);
/// `to_head` and 204, 304, 1xx have no body, whatever their headers say.
boost::system::result<ParsedResponse, ProtocolError> parse_response_head(std::string_view head, HeadLimits limits,
                                                                         bool to_head);

}  // namespace darkroom::http
