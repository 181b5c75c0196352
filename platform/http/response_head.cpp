#include "platform/http/response_head.hpp"

#include "platform/core/ids.hpp"
#include "platform/core/time.hpp"

#include <fmt/format.h>

#include <array>
#include <ctime>
#include <iterator>
#include <stdexcept>

namespace darkroom::http {

namespace {

/// Set by the connection alone, whatever a handler or an upstream says.
bool concerns_connection(std::string_view name) {
    switch (name.size()) {
        case 7: return equal_ignoring_case(name, "upgrade") || equal_ignoring_case(name, "trailer");
        case 10: return equal_ignoring_case(name, "connection") || equal_ignoring_case(name, "keep-alive");
        case 14: return equal_ignoring_case(name, "content-length");
        case 17: return equal_ignoring_case(name, "transfer-encoding");
        default: return false;
    }
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
    constexpr std::string_view line_breakers("\r\n\0", 3);
    if (name.empty() || name.find_first_of(line_breakers) != name.npos || value.find_first_of(line_breakers) != value.npos) {
        throw std::logic_error("a response header would break out of its line: " + std::string(name));
    }
    out.append(name).append(": ").append(value).append("\r\n");
}

void append_status_line(std::string& out, int status) {
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status, reason_of(status));
}

}  // namespace

bool is_bodiless(int status) {
    return status < 200 || status == 204 || status == 304;
}

std::string_view http_date_now() {
    thread_local std::time_t made_at = 0;
    thread_local std::string date;
    const auto seconds = std::time(nullptr);
    if (seconds != made_at) {
        made_at = seconds;
        date = to_http_date(Timestamp(std::chrono::seconds(seconds)));
    }
    return date;
}

void append_response_head(std::string& out, const ResponseHead& head, const ResponseFraming& framing) {
    append_status_line(out, head.status);
    bool has_date = false;
    for (const auto& header : head.headers) {
        if (concerns_connection(header.name)) continue;
        has_date = has_date || equal_ignoring_case(header.name, "date");
        append_header(out, header.name, header.value);
    }
    if (!has_date) append_header(out, "Date", http_date_now());
    if (framing.length && !(is_bodiless(head.status) && head.status != 304)) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", *framing.length);
    }
    if (framing.chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (framing.close) {
        out.append("Connection: close\r\n");
    } else if (framing.say_keep_alive) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

void append_upgrade_head(std::string& out, const ResponseHead& head) {
    append_status_line(out, head.status);
    for (const auto& header : head.headers) append_header(out, header.name, header.value);
    out.append("\r\n");
}

std::string protocol_problem(const ProtocolError& error) {
    const auto correlation_id = new_uuid();
    // Every detail is one of our own literals: nothing in it needs escaping.
    const auto document = fmt::format(
        R"({{"type":"/problems/{}","title":"{}","status":{},"detail":"{}","success":false,"message":"{}","code":"{}",)"
        R"("correlation_id":"{}"}})",
        error.code, reason_of(error.status), error.status, error.detail, error.detail, error.code, correlation_id);
    ResponseHead head{.status = error.status};
    head.headers.add("Content-Type", "application/problem+json");
    head.headers.add("X-Correlation-ID", correlation_id);
    std::string out;
    append_response_head(out, head, {.length = document.size(), .close = true});
    return out + document;
}

}  // namespace darkroom::http
