#include "platform/http/head_parser.hpp"

#include "platform/http/llhttp_head.hpp"
#include "platform/http/path.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace darkroom::http {

namespace {

/// Longer than any method of the IANA registry; what is longer is no method.
constexpr std::size_t longest_method = 32;
/// 2^63 has 19 digits: no sum of lengths overflows.
constexpr std::size_t longest_content_length = 18;

bool is_token_character(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

ProtocolError malformed(std::string_view code, std::string_view detail) {
    return {400, code, std::string(detail)};
}

struct RequestLine {
    std::string_view method;
    std::string_view target;
};

/// llhttp takes several spaces, HTTP/0.9 and other protocols' names here.
boost::system::result<RequestLine, ProtocolError> split_request_line(std::string_view line) {
    const auto first = line.find(' ');
    const auto second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos)
        return malformed("malformed_request", "the request line needs a method, a target and a version");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, second - first - 1);
    const auto version = line.substr(second + 1);
    if (method.empty() || !std::ranges::all_of(method, is_token_character)) {
        return malformed("malformed_request", "the method is no token");
    }
    if (target.empty()) return malformed("malformed_target", "the request target is empty");
    if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' ||
        !is_digit(version[7])) {
        return malformed("malformed_request", "the request line must end with the HTTP version");
    }
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        return ProtocolError{505, "unsupported_version", "only HTTP/1.1 and HTTP/1.0 are served"};
    }
    return RequestLine{method, target};
}

bool is_target_character(char c) {
    return c > ' ' && c < 0x7F && c != '#';
}

bool is_host_character(char c) {
    constexpr std::string_view marks = "-._~!$&'()*+,;=:[]%";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || marks.find(c) != std::string_view::npos;
}

std::optional<ProtocolError> check_host(const FramingFacts& facts, int minor_version) {
    if (facts.hosts == 0 && minor_version == 0) return std::nullopt;
    if (facts.hosts == 0) return malformed("missing_host", "Host is required");
    if (facts.hosts > 1) return malformed("duplicate_host", "Host is given more than once");
    if (facts.host.empty() || !std::ranges::all_of(facts.host, is_host_character)) {
        return malformed("malformed_host", "Host is no host name or address");
    }
    return std::nullopt;
}

struct BodyFacts {
    Framing framing = Framing::none;
    std::optional<std::uint64_t> length;
};

/// RFC 9112 §6, without any of the tolerance that makes two servers disagree about where a message ends.
boost::system::result<BodyFacts, ProtocolError> body_facts(const FramingFacts& facts, int minor_version) {
    if (facts.transfer_encodings != 0) {
        if (facts.content_lengths != 0)
            return malformed("malformed_framing", "Content-Length and Transfer-Encoding exclude each other");
        if (minor_version == 0) return malformed("malformed_framing", "HTTP/1.0 has no Transfer-Encoding");
        if (facts.transfer_encodings > 1 || !equal_ignoring_case(facts.transfer_encoding, "chunked")) {
            return malformed("malformed_framing", "Transfer-Encoding must be exactly chunked");
        }
        return BodyFacts{Framing::chunked, std::nullopt};
    }
    if (facts.content_lengths == 0) return BodyFacts{};
    if (facts.content_lengths > 1) return malformed("malformed_framing", "Content-Length is given more than once");
    const auto text = facts.content_length;
    std::uint64_t length = 0;
    if (text.empty() || text.size() > longest_content_length || !std::ranges::all_of(text, is_digit)) {
        return malformed("malformed_framing", "Content-Length is no plain number");
    }
    std::from_chars(text.data(), text.data() + text.size(), length);
    return BodyFacts{length == 0 ? Framing::none : Framing::sized, length};
}

/// Turns the absolute form into the origin form; "*" and the authority form are handled or refused here.
boost::system::result<std::string, ProtocolError> origin_form(std::string_view target, std::string_view method,
                                                              std::string_view host) {
    if (!std::ranges::all_of(target, is_target_character)) {
        return malformed("malformed_target", "the request target has characters that are not allowed");
    }
    if (target.front() == '/') return std::string(target);
    if (target == "*" && method == "OPTIONS") return std::string("/");
    constexpr std::string_view scheme = "http://";
    if (target.size() <= scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) {
        return malformed("malformed_target", "the request target must be a path");
    }
    auto rest = target.substr(scheme.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    rest.remove_prefix(authority.size());
    // RFC 9112 §3.2.2 lets the target win; nobody honest sends two different ones.
    if (!equal_ignoring_case(authority, host))
        return malformed("malformed_target", "the request target names another host than Host");
    return rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
}

std::optional<ProtocolError> check_expectation(const FramingFacts& facts) {
    if (facts.expect.empty() || equal_ignoring_case(facts.expect, "100-continue")) return std::nullopt;
    return ProtocolError{417, "expectation_failed", "only Expect: 100-continue is understood"};
}

/// The head's parts beyond the start line, put together; everything here has been checked for its form.
boost::system::result<ParsedRequest, ProtocolError> assemble(std::string_view method, SplitHead split) {
    const auto& facts = split.facts;
    if (auto error = check_host(facts, split.minor_version)) return *error;
    const auto body = body_facts(facts, split.minor_version);
    if (!body) return body.error();
    if (auto error = check_expectation(facts)) return *error;
    if (method == "CONNECT") return ProtocolError{501, "unknown_method", "this is no proxy: CONNECT is not served"};
    auto target = origin_form(split.target, method, facts.host);
    if (!target) return target.error();

    ParsedRequest parsed{.framing = body->framing};
    auto& head = parsed.head;
    head.method = method;
    head.target = std::move(*target);
    const std::string_view whole(head.target);
    const auto question = whole.find('?');
    auto path = canonical_path(whole.substr(0, question));
    if (!path) return malformed(path.error().code, path.error().detail);
    head.path = std::move(*path);
    if (question != std::string_view::npos) head.query = whole.substr(question + 1);
    head.content_length = body->framing == Framing::chunked ? std::nullopt : std::optional(body->length.value_or(0));
    head.minor_version = split.minor_version;
    head.keep_alive = !facts.close && (split.minor_version == 1 || facts.keep_alive);
    head.upgrade = facts.upgrade && facts.connection_upgrade && split.minor_version == 1;
    head.expects_continue = !facts.expect.empty() && split.minor_version == 1 && body->framing != Framing::none;
    head.headers = std::move(split.headers);
    return parsed;
}

}  // namespace

void HeadScanner::fail(int status, std::string_view code, std::string_view detail) {
    error_ = ProtocolError{status, code, std::string(detail)};
}

bool HeadScanner::check_line(std::string_view line) {
    if (!line.ends_with('\r')) {
        fail(400, "malformed_line", "a line ends with a bare LF");
    } else if (std::memchr(line.data(), '\r', line.size() - 1) != nullptr) {
        fail(400, "malformed_line", "a line has a bare CR");
    } else if (!in_start_line_ && (line.front() == ' ' || line.front() == '\t')) {
        fail(400, "malformed_header", "a header is folded over two lines");
    } else if (!in_start_line_ && line.front() == ':') {
        fail(400, "malformed_header", "a header has no name");
    } else if (in_start_line_ && line.size() > limits_.target_bytes + longest_method) {
        fail(414, "target_too_long", "the request target is too long");
    }
    return !error_;
}

/// Does not wait for the end of what is broken or too large already.
void HeadScanner::check_unfinished(std::string_view received) {
    if (received.size() > start_ && in_start_line_ && received[start_] != '\r' && !is_token_character(received[start_])) {
        return fail(400, "malformed_request", "this is not HTTP");
    }
    if (in_start_line_ && received.size() - line_ > limits_.target_bytes + longest_method) {
        return fail(414, "target_too_long", "the request target is too long");
    }
    if (received.size() >= limits_.head_bytes) fail(431, "headers_too_large", "the headers are too large");
}

std::optional<std::size_t> HeadScanner::scan(std::string_view received) {
    while (!error_) {
        const auto end = received.find('\n', line_);
        if (end == std::string_view::npos) {
            check_unfinished(received);
            return std::nullopt;
        }
        if (end >= limits_.head_bytes) {
            fail(431, "headers_too_large", "the headers are too large");
            return std::nullopt;
        }
        const auto line = received.substr(line_, end - line_);
        const auto begin = std::exchange(line_, end + 1);
        if (!check_line(line)) return std::nullopt;
        if (line.size() > 1) {
            in_start_line_ = false;
        } else if (!in_start_line_) {
            return line_;
        } else if (begin != 0) {
            fail(400, "malformed_request", "more than one empty line before the request");
        } else {
            start_ = line_;
        }
    }
    return std::nullopt;
}

boost::system::result<ParsedRequest, ProtocolError> parse_request_head(std::string_view head, HeadLimits limits) {
    const auto line = split_request_line(head.substr(0, head.find('\r')));
    if (!line) return line.error();
    if (line->target.size() > limits.target_bytes)
        return ProtocolError{414, "target_too_long", "the request target is too long"};
    auto split = split_head(head, MessageType::request, limits.headers);
    if (!split) return split.error();
    return assemble(line->method, std::move(*split));
}

boost::system::result<ParsedResponse, ProtocolError> parse_response_head(std::string_view head, HeadLimits limits,
                                                                         bool to_head) {
    const auto line = head.substr(0, head.find('\r'));
    const bool well_formed = line.size() >= 12 && (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) &&
                             line[9] >= '1' && line[9] <= '9' && is_digit(line[10]) && is_digit(line[11]) &&
                             (line.size() == 12 || line[12] == ' ');
    if (!well_formed) return malformed("malformed_response", "the status line cannot be understood");
    auto split = split_head(head, MessageType::response, limits.headers);
    if (!split) return split.error();
    const auto body = body_facts(split->facts, split->minor_version);
    if (!body) return body.error();

    ParsedResponse parsed;
    const auto& facts = split->facts;
    parsed.head.status = split->status;
    parsed.content_length = body->length;
    parsed.keep_alive = !facts.close && (split->minor_version == 1 || facts.keep_alive);
    const bool bodiless = to_head || split->status < 200 || split->status == 204 || split->status == 304;
    if (!bodiless) {
        const bool unframed = body->framing == Framing::none && !body->length;
        parsed.framing = unframed ? Framing::until_close : body->framing;
    }
    if (parsed.framing == Framing::until_close) parsed.keep_alive = false;
    parsed.head.headers = std::move(split->headers);
    return parsed;
}

}  // namespace darkroom::http
