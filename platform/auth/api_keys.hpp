// API keys (X-API-Key) become short-lived access tokens at auth-service, which alone knows the keys.
#pragma once

#include "platform/auth/api_key_prefix.hpp"
#include "platform/auth/service_tokens.hpp"

#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

namespace darkroom::auth {

class ApiKeys {
public:
    ApiKeys(Executor executor, http::Client& client, ServiceTokens& tokens, http::Origin auth)
        : executor_(executor), client_(client), tokens_(tokens), auth_(std::move(auth)) {}

    /// An access token for the key's owner, narrowed to the key's scopes; concurrent calls for one key share one exchange.
    /// Throws Failure: unauthenticated "invalid_api_key" (remembered for 5 s), unavailable "api_keys_unavailable" while
    /// auth-service cannot be reached and nothing usable is remembered.
    awaitable<std::string> token_for(std::string key);
    /// Forgets what the key was traded for.
    void drop(const std::string& key);

private:
    struct Traded {
        explicit Traded(Executor executor) : finished(executor) {}
        /// Empty: the key was refused.
        std::string token{};
        SteadyClock::time_point usable_until{};
        bool running = false;
        Notifier finished;
    };
    awaitable<> trade(std::string key, std::shared_ptr<Traded> traded);
    std::shared_ptr<Traded> entry_for(const std::string& digest);

    Executor executor_;
    http::Client& client_;
    ServiceTokens& tokens_;
    http::Origin auth_;
    /// By the key's digest: a key itself is kept nowhere.
    std::unordered_map<std::string, std::shared_ptr<Traded>> traded_;
    std::deque<std::string> order_;
};

}  // namespace darkroom::auth
