// HTTP messages: what was received and what is to be sent. RFC 9110 names.
#pragma once

#include "platform/core/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::http {

enum class Verb { get, head, post, put, patch, del, options };

/// "GET", "DELETE", …
std::string_view verb_text(Verb verb);
std::optional<Verb> verb_from(std::string_view method);

struct Header {
    std::string name;
    std::string value;
};

/// Names compare case-insensitively; order and repetition are kept.
class Headers {
public:
    Headers() = default;
    Headers(std::initializer_list<Header> headers) : headers_(headers) {}

    /// The first value, or empty. Lives as long as the header does.
    std::string_view get(std::string_view name) const;
    bool has(std::string_view name) const;
    std::size_t count(std::string_view name) const;
    void add(std::string name, std::string value) { headers_.push_back({std::move(name), std::move(value)}); }
    /// Replaces every header of that name by one.
    void set(std::string name, std::string value);
    void remove(std::string_view name);
    void reserve(std::size_t headers) { headers_.reserve(headers); }
    bool empty() const { return headers_.empty(); }
    std::size_t size() const { return headers_.size(); }
    auto begin() const { return headers_.begin(); }
    auto end() const { return headers_.end(); }

private:
    std::vector<Header> headers_;
};

/// ASCII only.
bool equal_ignoring_case(std::string_view left, std::string_view right);

struct RequestHead {
    /// As received; a method that is no `Verb` is answered 405 or 501.
    std::string method;
    /// Origin form as received: "/images?page=1".
    std::string target;
    /// Percent-decoded, dot segments and doubled slashes refused: always begins with '/', never contains "//", "/./", "/../",
    /// NUL or a backslash.
    std::string path;
    /// Without '?', still encoded.
    std::string query;
    Headers headers;
    /// nullopt: chunked.
    std::optional<std::uint64_t> content_length;
    bool keep_alive = true;
    bool upgrade = false;
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    int minor_version = 1;
    /// The client waits for "100 Continue" before it sends the body.
    bool expects_continue = false;
};

struct QueryParameter {
    std::string name;
    std::string value;
};

/// Decodes "a=1&b=2" (also application/x-www-form-urlencoded). Kind::malformed for a broken escape, for what is
/// not UTF-8 and for NUL.
Result<std::vector<QueryParameter>> parse_query(std::string_view text);

struct ResponseHead {
    int status = 200;
    Headers headers;
};

/// The one table from Kind to status.
int status_of(Kind kind);
/// "Not Found"
std::string_view reason_of(int status);

}  // namespace darkroom::http
