// Everything a handler may know of its request. One per request; lives until the answer is sent.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/core/ids.hpp"
#include "platform/http/body.hpp"
#include "platform/http/message.hpp"

#include <string>
#include <vector>

namespace darkroom::http {

struct Context {
    const RequestHead& request;
    BodyReader& body;
    auth::Caller caller{};
    CorrelationId correlation_id{};
    /// W3C trace context, always well-formed (made where the request had none).
    std::string traceparent{};
    /// The client's address: the peer, or X-Forwarded-For where the peer is a trusted proxy.
    std::string client_address{};
    /// From the route's template: {"id", "…"}.
    std::vector<QueryParameter> path_parameters{};
    std::vector<QueryParameter> query_parameters{};
    /// Filled by the endpoint layer for handlers that take Body, Form or Input.
    std::string raw_body{};
    /// Added to the answer.
    Headers response_headers{};

    /// Throws 412 `precondition_failed` when the request has an If-Match that does not name `etag` (given without quotes).
    void require_match(std::string_view etag) const;
};

/// A strong entity tag for a JSON document, without quotes.
std::string etag_of(std::string_view content);

}  // namespace darkroom::http
