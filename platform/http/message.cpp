#include "platform/http/message.hpp"

#include "platform/core/encoding.hpp"
#include "platform/http/path.hpp"

#include <algorithm>
#include <array>

namespace darkroom::http {

namespace {

struct VerbName {
    Verb verb;
    std::string_view text;
};

constexpr std::array verb_names{VerbName{Verb::get, "GET"},        VerbName{Verb::head, "HEAD"},
                                VerbName{Verb::post, "POST"},      VerbName{Verb::put, "PUT"},
                                VerbName{Verb::patch, "PATCH"},    VerbName{Verb::del, "DELETE"},
                                VerbName{Verb::options, "OPTIONS"}};

constexpr char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool is_plain_text(std::string_view text) {
    return is_utf8(text) && text.find('\0') == std::string_view::npos;
}

struct Reason {
    int status;
    std::string_view text;
};

/// RFC 9110 §15, sorted.
constexpr std::array reasons{Reason{100, "Continue"},
                             Reason{101, "Switching Protocols"},
                             Reason{103, "Early Hints"},
                             Reason{200, "OK"},
                             Reason{201, "Created"},
                             Reason{202, "Accepted"},
                             Reason{204, "No Content"},
                             Reason{206, "Partial Content"},
                             Reason{301, "Moved Permanently"},
                             Reason{302, "Found"},
                             Reason{303, "See Other"},
                             Reason{304, "Not Modified"},
                             Reason{307, "Temporary Redirect"},
                             Reason{308, "Permanent Redirect"},
                             Reason{400, "Bad Request"},
                             Reason{401, "Unauthorized"},
                             Reason{403, "Forbidden"},
                             Reason{404, "Not Found"},
                             Reason{405, "Method Not Allowed"},
                             Reason{406, "Not Acceptable"},
                             Reason{408, "Request Timeout"},
                             Reason{409, "Conflict"},
                             Reason{410, "Gone"},
                             Reason{411, "Length Required"},
                             Reason{412, "Precondition Failed"},
                             Reason{413, "Content Too Large"},
                             Reason{414, "URI Too Long"},
                             Reason{415, "Unsupported Media Type"},
                             Reason{416, "Range Not Satisfiable"},
                             Reason{417, "Expectation Failed"},
                             Reason{421, "Misdirected Request"},
                             Reason{422, "Unprocessable Content"},
                             Reason{426, "Upgrade Required"},
                             Reason{428, "Precondition Required"},
                             Reason{429, "Too Many Requests"},
                             Reason{431, "Request Header Fields Too Large"},
                             Reason{500, "Internal Server Error"},
                             Reason{501, "Not Implemented"},
                             Reason{502, "Bad Gateway"},
                             Reason{503, "Service Unavailable"},
                             Reason{504, "Gateway Timeout"},
                             Reason{505, "HTTP Version Not Supported"}};

}  // namespace

std::string_view verb_text(Verb verb) {
    for (const auto& name : verb_names) {
        if (name.verb == verb) return name.text;
    }
    return "";
}

std::optional<Verb> verb_from(std::string_view method) {
    for (const auto& name : verb_names) {
        if (name.text == method) return name.verb;
    }
    return std::nullopt;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    if (left.size() != right.size()) return false;
    for (std::size_t i = 0; i < left.size(); ++i) {
        if (lower(left[i]) != lower(right[i])) return false;
    }
    return true;
}

std::string_view Headers::get(std::string_view name) const {
    for (const auto& header : headers_) {
        if (equal_ignoring_case(header.name, name)) return header.value;
    }
    return {};
}

bool Headers::has(std::string_view name) const {
    return count(name) != 0;
}

std::size_t Headers::count(std::string_view name) const {
    const auto same = [&](const Header& header) { return equal_ignoring_case(header.name, name); };
    return static_cast<std::size_t>(std::ranges::count_if(headers_, same));
}

void Headers::set(std::string name, std::string value) {
    remove(name);
    add(std::move(name), std::move(value));
}

void Headers::remove(std::string_view name) {
    const auto same = [&](const Header& header) { return equal_ignoring_case(header.name, name); };
    std::erase_if(headers_, same);
}

Result<std::vector<QueryParameter>> parse_query(std::string_view text) {
    std::vector<QueryParameter> parameters;
    while (!text.empty()) {
        const auto piece = text.substr(0, text.find('&'));
        text.remove_prefix(std::min(text.size(), piece.size() + 1));
        if (piece.empty()) continue;
        const auto equals = piece.find('=');
        auto name = percent_decode(piece.substr(0, equals), true);
        auto value =
            equals == std::string_view::npos ? std::optional<std::string>("") : percent_decode(piece.substr(equals + 1), true);
        if (!name || !value) return Error{Kind::malformed, "malformed_query", "the query has a broken percent escape"};
        // No database could store or compare such texts, so no handler has to think of them.
        if (!is_plain_text(*name) || !is_plain_text(*value)) {
            return Error{Kind::malformed, "malformed_query", "the query is not UTF-8, or has a NUL character"};
        }
        parameters.push_back({std::move(*name), std::move(*value)});
    }
    return parameters;
}

int status_of(Kind kind) {
    switch (kind) {
        case Kind::malformed: return 400;
        case Kind::unauthenticated: return 401;
        case Kind::forbidden: return 403;
        case Kind::not_found: return 404;
        case Kind::method_not_allowed: return 405;
        case Kind::request_timed_out: return 408;
        case Kind::conflict: return 409;
        case Kind::length_required: return 411;
        case Kind::precondition_failed: return 412;
        case Kind::too_large: return 413;
        case Kind::unsupported_media: return 415;
        case Kind::range_unsatisfiable: return 416;
        case Kind::invalid: return 422;
        case Kind::rate_limited: return 429;
        case Kind::headers_too_large: return 431;
        case Kind::upstream_failed: return 502;
        case Kind::unavailable: return 503;
        case Kind::timed_out: return 504;
    }
    return 500;
}

std::string_view reason_of(int status) {
    const auto found = std::ranges::lower_bound(reasons, status, {}, &Reason::status);
    return found != reasons.end() && found->status == status ? found->text : std::string_view("Unknown");
}

}  // namespace darkroom::http
