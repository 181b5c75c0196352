// One HTTP/1.1 request to one of our own services on this machine. Blocking; the connection is closed afterwards.
#pragma once

#include "platform/core/time.hpp"
#include "platform/json/described.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace darkroom::cli {

struct HttpRequest {
    std::string method = "GET";
    std::string path;
    /// The Authorization header's value; empty: none.
    std::string authorization;
    std::string content_type;
    std::string body;
};

struct HttpAnswer {
    int status = 0;
    std::string body;

    /// The body as JSON, an empty object when it is none.
    json::Value parsed() const;
    /// problem+json's detail, else the status, for one-line messages.
    std::string problem() const;
};

/// A member as text; empty when it is absent or none.
std::string text_of(const json::Object& object, std::string_view name);

/// nullopt: nobody listens, or no complete answer in time.
std::optional<HttpAnswer> http_exchange(const std::string& host, std::uint16_t port, const HttpRequest& request,
                                        Milliseconds limit);

/// Cuts a whole response into status and body (Content-Length, chunked, or until the end); nullopt when incomplete.
std::optional<HttpAnswer> parse_http_answer(std::string_view text);

}  // namespace darkroom::cli
