#include "platform/auth/api_keys.hpp"

#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"

namespace darkroom::auth {

namespace {

/// More than a key has; what is longer is none.
constexpr std::size_t max_key_length = 128;
constexpr Seconds refusal_life{5};
/// A token this close to its end is renewed before use.
constexpr Seconds safety_margin{10};

struct KeyTrade {
    std::string access_token;
    std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(KeyTrade, (), (access_token, expires_in))

struct KeyAnswer {
    KeyTrade data;
};
BOOST_DESCRIBE_STRUCT(KeyAnswer, (), (data))

[[noreturn]] void refuse() {
    fail({Kind::unauthenticated, "invalid_api_key", "the API key is not valid"});
}

/// Whatever is wrong behind us is not the key's fault, and may be over in a second.
[[noreturn]] void cannot_tell(std::string reason) {
    fail({Kind::unavailable, "api_keys_unavailable", "API keys cannot be checked: " + reason, {}, Seconds{1}});
}

}  // namespace

awaitable<std::string> ApiKeys::token_for(std::string key) {
    if (!key.starts_with(api_key_prefix) || key.size() > max_key_length) refuse();
    const auto digest = sha256_hex(key);
    const auto* traded = good_.find(digest);
    if (traded != nullptr && SteadyClock::now() < traded->usable_until) co_return traded->token;
    const auto* refused_until = refused_.find(digest);
    if (refused_until != nullptr && SteadyClock::now() < *refused_until) refuse();
    if (!exchanges_.contains(digest) && exchanges_.size() >= max_exchanges) cannot_tell("too many are being checked");
    const auto begin = [&] { return exchange(std::move(key), digest); };
    auto token = co_await exchanges_.join(digest, begin);
    if (!token) refuse();
    co_return std::move(*token);
}

void ApiKeys::drop(const std::string& key, const std::string& token) {
    const auto digest = sha256_hex(key);
    if (const auto* traded = good_.find(digest); traded != nullptr && traded->token == token) good_.erase(digest);
}

awaitable<ApiKeys::Token> ApiKeys::exchange(std::string key, std::string digest) {
    std::string problem;
    Token token;
    try {
        const auto response = co_await ask(std::move(key));
        if (response.status == 401) tokens_.drop("auth-service");
        if (response.ok()) {
            auto answer = json::decode_json<KeyAnswer>(response.body, json::Unknown::ignore).value();
            const auto usable_until = SteadyClock::now() + Seconds{answer.data.expires_in} - safety_margin;
            good_.set(digest, {answer.data.access_token, usable_until});
            token = std::move(answer.data.access_token);
        } else if (response.status == 404) {
            refused_.set(digest, SteadyClock::now() + refusal_life);
            good_.erase(digest);
        } else {
            problem = "auth-service answered " + std::to_string(response.status);
        }
    } catch (const Failure& failure) {  // rephrased below: the key is not at fault
        problem = failure.error().detail;
    }
    if (!problem.empty()) cannot_tell(std::move(problem));
    co_return token;
}

awaitable<http::ClientResponse> ApiKeys::ask(std::string key) {
    const auto token = co_await tokens_.token_for("auth-service");
    http::ClientRequest request{.verb = http::Verb::post, .target = "/internal/api-keys/exchange", .deadline = 5s};
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Authorization", "Bearer " + token);
    request.body = json::serialize(json::Object{{"key", key}});
    co_return co_await client_.send(auth_, std::move(request));
}

}  // namespace darkroom::auth
