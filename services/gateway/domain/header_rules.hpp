// What of a message's headers passes the gateway (RFC 9110 §7.6.1), and what the gateway says of the client.
#pragma once

#include "platform/http/message.hpp"

#include <string>
#include <string_view>

namespace darkroom::gateway {

/// What upstreams are told of the client.
struct Forwarded {
    std::string peer;
    /// The peer is a trusted proxy: what it says of clients behind it is passed on.
    bool peer_trusted = false;
    /// The peer itself came by TLS.
    bool encrypted = false;
    std::string correlation_id;
    std::string traceparent;
};

/// The head for the upstream: hop-by-hop headers, everything named in Connection, Host, Expect, framing and every identity
/// header that a client might invent are gone; X-Forwarded-*, X-Correlation-ID and traceparent are ours.
http::RequestHead upstream_head(const http::RequestHead& request, const Forwarded& forwarded);

/// The same for a WebSocket handshake, which needs Connection: Upgrade to pass.
http::RequestHead upstream_handshake(const http::RequestHead& request, const Forwarded& forwarded);

/// The upstream's head for the client: without hop-by-hop headers, framing (the server writes its own), and without what only
/// the gateway may say (CORS, X-Correlation-ID, RateLimit-*).
http::ResponseHead client_head(const http::ResponseHead& response);

}  // namespace darkroom::gateway
