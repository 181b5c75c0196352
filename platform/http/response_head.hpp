// The bytes of a response's head. No I/O.
#pragma once

#include "platform/http/head_parser.hpp"

#include <string>

namespace darkroom::http {

/// What the server, and never a handler, says about the message and the connection.
struct ResponseFraming {
    /// Written as Content-Length when set.
    std::optional<std::uint64_t> length;
    bool chunked = false;
    bool close = false;
    /// "Connection: keep-alive", which HTTP/1.0 clients want to read.
    bool say_keep_alive = false;
};

/// Status line, Date (unless given), the headers without those that concern framing and the connection, and the empty line.
/// Throws std::logic_error for a header name or value that would break out of its line.
void append_response_head(std::string& out, const ResponseHead& head, const ResponseFraming& framing);
/// As it is: for 101.
void append_upgrade_head(std::string& out, const ResponseHead& head);

/// True for a status whose response never has a body.
bool is_bodiless(int status);

/// "Sun, 22 Nov 2026 08:00:00 GMT", made once a second.
std::string_view http_date_now();

/// An application/problem+json answer for a request that never reached a handler.
std::string protocol_problem(const ProtocolError& error);

}  // namespace darkroom::http
