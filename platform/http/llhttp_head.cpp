#include "platform/http/llhttp_head.hpp"

#include <llhttp.h>

namespace darkroom::http {

namespace {

struct Split {
    SplitHead head;
    std::size_t max_headers = 0;
    std::string_view name;
    bool too_many = false;
};

Split& split_of(llhttp_t* parser) {
    return *static_cast<Split*>(parser->data);
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

void note_connection(FramingFacts& facts, std::string_view value) {
    while (!value.empty()) {
        const auto piece = value.substr(0, value.find(','));
        value.remove_prefix(std::min(value.size(), piece.size() + 1));
        const auto token = trim(piece);
        if (equal_ignoring_case(token, "close")) facts.close = true;
        if (equal_ignoring_case(token, "keep-alive")) facts.keep_alive = true;
        if (equal_ignoring_case(token, "upgrade")) facts.connection_upgrade = true;
    }
}

/// The length tells most headers apart, so that few are compared.
void note(FramingFacts& facts, std::string_view name, std::string_view value) {
    switch (name.size()) {
        case 4:
            if (!equal_ignoring_case(name, "host")) return;
            ++facts.hosts;
            facts.host = value;
            return;
        case 6:
            if (equal_ignoring_case(name, "expect")) facts.expect = value;
            return;
        case 7:
            if (equal_ignoring_case(name, "upgrade")) facts.upgrade = true;
            return;
        case 10:
            if (equal_ignoring_case(name, "connection")) note_connection(facts, value);
            return;
        case 14:
            if (!equal_ignoring_case(name, "content-length")) return;
            ++facts.content_lengths;
            facts.content_length = value;
            return;
        case 17:
            if (!equal_ignoring_case(name, "transfer-encoding")) return;
            ++facts.transfer_encodings;
            facts.transfer_encoding = value;
            return;
        default: return;
    }
}

int on_url(llhttp_t* parser, const char* at, std::size_t length) {
    split_of(parser).head.target = {at, length};
    return 0;
}

int on_field(llhttp_t* parser, const char* at, std::size_t length) {
    auto& split = split_of(parser);
    split.name = {at, length};
    split.too_many = split.head.headers.size() >= split.max_headers;
    return split.too_many ? -1 : 0;
}

// Also called for an empty value. The head is complete and unfolded, so that a value comes in one piece.
int on_value(llhttp_t* parser, const char* at, std::size_t length) {
    auto& split = split_of(parser);
    const auto value = trim({at, length});
    note(split.head.facts, split.name, value);
    split.head.headers.add(std::string(split.name), std::string(value));
    return 0;
}

int on_headers(llhttp_t*) {
    return HPE_PAUSED;
}

const llhttp_settings_t& settings() {
    static const llhttp_settings_t callbacks = [] {
        llhttp_settings_t made;
        llhttp_settings_init(&made);
        made.on_url = on_url;
        made.on_header_field = on_field;
        made.on_header_value = on_value;
        made.on_headers_complete = on_headers;
        return made;
    }();
    return callbacks;
}

ProtocolError error_of(const llhttp_t& parser, const Split& split) {
    if (split.too_many) return {431, "too_many_headers", "the request has too many headers"};
    switch (llhttp_get_errno(&parser)) {
        case HPE_INVALID_METHOD: return {501, "unknown_method", "the method is not known"};
        case HPE_INVALID_CONTENT_LENGTH:
        case HPE_UNEXPECTED_CONTENT_LENGTH: return {400, "malformed_framing", "Content-Length cannot be understood"};
        case HPE_INVALID_TRANSFER_ENCODING: return {400, "malformed_framing", "Transfer-Encoding must be exactly chunked"};
        case HPE_INVALID_URL: return {400, "malformed_target", "the request target has characters that are not allowed"};
        case HPE_INVALID_HEADER_TOKEN: return {400, "malformed_header", "a header has characters that are not allowed"};
        default: return {400, "malformed_request", "the request cannot be understood"};
    }
}

}  // namespace

boost::system::result<SplitHead, ProtocolError> split_head(std::string_view head, MessageType type, std::size_t max_headers) {
    Split split;
    split.max_headers = max_headers;
    split.head.headers.reserve(16);
    llhttp_t parser;
    llhttp_init(&parser, type == MessageType::request ? HTTP_REQUEST : HTTP_RESPONSE, &settings());
    parser.data = &split;
    llhttp_execute(&parser, head.data(), head.size());
    if (llhttp_get_errno(&parser) != HPE_PAUSED) return error_of(parser, split);
    split.head.status = parser.status_code;
    split.head.minor_version = parser.http_minor;
    return std::move(split.head);
}

}  // namespace darkroom::http
