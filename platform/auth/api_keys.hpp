// API keys (X-API-Key) become short-lived access tokens at auth-service, which alone knows the keys.
#pragma once

#include "platform/async/single_flight.hpp"
#include "platform/auth/api_key_prefix.hpp"
#include "platform/auth/service_tokens.hpp"
#include "platform/core/bounded_map.hpp"

#include <optional>
#include <string>

namespace darkroom::auth {

class ApiKeys {
public:
    /// Exchanges that auth-service is asked for at once; whoever needs one more is told to come again.
    static constexpr std::size_t max_exchanges = 64;

    ApiKeys(Runtime& runtime, http::Client& client, ServiceTokens& tokens, http::Origin auth)
        : client_(client), tokens_(tokens), auth_(std::move(auth)), exchanges_(runtime, "api key") {}

    /// An access token for the key's owner, narrowed to the key's scopes; concurrent calls for one key share one exchange.
    /// Throws Failure: unauthenticated "invalid_api_key" (remembered for 5 s), unavailable "api_keys_unavailable" while
    /// auth-service cannot be reached, or answers nonsense, and nothing usable is remembered.
    awaitable<std::string> token_for(std::string key);
    /// Forgets what the key was traded for, if it still is this token.
    void drop(const std::string& key, const std::string& token);

private:
    static constexpr std::size_t max_remembered = 10'000;

    struct Traded {
        std::string token;
        SteadyClock::time_point usable_until;
    };
    /// nullopt: the key is refused.
    using Token = std::optional<std::string>;
    awaitable<Token> exchange(std::string key, std::string digest);
    awaitable<http::ClientResponse> ask(std::string key);

    http::Client& client_;
    ServiceTokens& tokens_;
    http::Origin auth_;
    SingleFlight<Token> exchanges_;
    /// Both by the key's digest: a key itself is kept nowhere. They are apart so that strangers who try many keys cannot push
    /// out the good ones.
    BoundedMap<Traded> good_{max_remembered};
    BoundedMap<SteadyClock::time_point> refused_{max_remembered};
};

}  // namespace darkroom::auth
