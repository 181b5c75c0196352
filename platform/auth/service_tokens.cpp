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

ServiceTokens::ServiceTokens(Executor executor, http::Client& client, http::Origin auth, std::string client_id,
                             Secret client_secret)
    : executor_(executor),
      client_(client),
      auth_(std::move(auth)),
      client_id_(std::move(client_id)),
      client_secret_(std::move(client_secret)) {}

awaitable<std::string> ServiceTokens::token_for(std::string audience) {
    auto& entry = cached_.try_emplace(audience, executor_).first->second;
    while (entry.fetching) co_await entry.fetched.wait_for(10s);
    if (!entry.token.empty() && SteadyClock::now() < entry.usable_until) co_return entry.token;

    // Marked for the time of the request, however it ends: whoever comes meanwhile waits for this answer.
    struct Fetching {
        explicit Fetching(Cached& cached) : entry(cached) { entry.fetching = true; }
        ~Fetching() {
            entry.fetching = false;
            entry.fetched.notify();
        }
        Fetching(const Fetching&) = delete;
        Fetching& operator=(const Fetching&) = delete;
        Cached& entry;
    } const fetching(entry);

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
    const auto token = json::decode_json<TokenResponse>(response.body, json::Unknown::ignore).value();
    entry.token = token.access_token;
    entry.usable_until = SteadyClock::now() + Seconds{token.expires_in} - safety_margin;
    co_return entry.token;
}

void ServiceTokens::drop(const std::string& audience) {
    if (const auto found = cached_.find(audience); found != cached_.end()) found->second.token.clear();
}

}  // namespace darkroom::auth
