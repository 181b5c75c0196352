#include "platform/auth/service_tokens.hpp"

#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"

namespace darkroom::auth {

namespace {

struct TokenResponse {
    std::string access_token;
    std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(TokenResponse, (), (access_token, expires_in))

/// A token this close to its end is renewed before use.
constexpr Seconds safety_margin{60};

}  // namespace

ServiceTokens::ServiceTokens(Runtime& runtime, http::Client& client, http::Origin auth, std::string client_id,
                             Secret client_secret)
    : client_(client),
      auth_(std::move(auth)),
      client_id_(std::move(client_id)),
      client_secret_(std::move(client_secret)),
      fetches_(runtime, "service token") {}

awaitable<std::string> ServiceTokens::token_for(std::string audience) {
    if (const auto known = cached_.find(audience); known != cached_.end() && SteadyClock::now() < known->second.usable_until) {
        co_return known->second.token;
    }
    const auto begin = [this, &audience] { return fetch(audience); };
    co_return co_await fetches_.join(audience, begin);
}

awaitable<std::string> ServiceTokens::fetch(std::string audience) {
    http::ClientRequest request{.verb = http::Verb::post, .target = "/oauth/token"};
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    const auto credentials = percent_encode(client_id_) + ':' + percent_encode(client_secret_.reveal());
    request.headers.add("Authorization", "Basic " + base64_encode(credentials));
    request.body = "grant_type=client_credentials&audience=" + percent_encode(audience);
    const auto response = co_await client_.send(auth_, request);
    if (!response.ok()) {
        fail({Kind::unavailable, "service_token_unavailable",
              "no service token for " + audience + ": auth-service answered " + std::to_string(response.status)});
    }
    auto token = json::decode_json<TokenResponse>(response.body, json::Unknown::ignore).value();
    cached_[audience] = {token.access_token, SteadyClock::now() + Seconds{token.expires_in} - safety_margin};
    co_return std::move(token.access_token);
}

void ServiceTokens::drop(const std::string& audience) {
    cached_.erase(audience);
}

}  // namespace darkroom::auth
