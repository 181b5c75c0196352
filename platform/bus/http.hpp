// The bus over HTTP: what relays and consumers are given outside of tests.
#pragma once

#include "platform/auth/service_tokens.hpp"
#include "platform/bus/consumer.hpp"
#include "platform/bus/relay.hpp"
#include "platform/http/client.hpp"

namespace darkroom::bus {

/// POST /events/publish with a service token. A 4xx that sending again cannot mend becomes Failure{invalid}, everything else
/// that is no success Failure{unavailable}. The references must outlive the publisher.
Publisher http_publisher(http::Client& client, auth::ServiceTokens& tokens, http::Origin events);

/// GET /events?after=&limit= with a service token; what was cleared meanwhile is read from the archive.
Fetcher http_fetcher(http::Client& client, auth::ServiceTokens& tokens, http::Origin events);

/// POST /internal/consumers/{name} with a service token.
Reporter http_reporter(http::Client& client, auth::ServiceTokens& tokens, http::Origin events);

}  // namespace darkroom::bus
