// This service's own short-lived tokens for calling others: OAuth2 client credentials (RFC 6749 §4.4), one audience each.
#pragma once

#include "platform/async/single_flight.hpp"
#include "platform/core/secret.hpp"
#include "platform/http/client.hpp"

#include <map>
#include <string>

namespace darkroom::auth {

class ServiceTokens {
public:
    ServiceTokens(Runtime& runtime, http::Client& client, http::Origin auth, std::string client_id, Secret client_secret);

    /// A token for `audience` ("event-bus") with at least a minute to live; concurrent calls share one request.
    /// Throws Failure unavailable while auth-service cannot be reached and nothing usable is cached.
    awaitable<std::string> token_for(std::string audience);
    /// Forgets the token, after a 401 from its audience.
    void drop(const std::string& audience);

private:
    struct Cached {
        std::string token;
        SteadyClock::time_point usable_until{};
    };
    awaitable<std::string> fetch(std::string audience);

    http::Client& client_;
    http::Origin auth_;
    std::string client_id_;
    Secret client_secret_;
    SingleFlight<std::string> fetches_;
    /// By audience: as many as there are services.
    std::map<std::string, Cached> cached_;
};

}  // namespace darkroom::auth
