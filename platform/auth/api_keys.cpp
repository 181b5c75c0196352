#include "platform/auth/api_keys.hpp"

#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"

namespace darkroom::auth {

namespace {

constexpr std::size_t max_remembered = 10'000;
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

}  // namespace

awaitable<std::string> ApiKeys::token_for(std::string key) {
    if (!key.starts_with(api_key_prefix) || key.size() > max_key_length) refuse();
    const auto traded = entry_for(sha256_hex(key));
    while (traded->running) co_await traded->finished.wait_for(10s);
    if (SteadyClock::now() >= traded->usable_until) co_await trade(std::move(key), traded);
    if (traded->token.empty()) refuse();
    co_return traded->token;
}

void ApiKeys::drop(const std::string& key) {
    if (const auto found = traded_.find(sha256_hex(key)); found != traded_.end()) found->second->usable_until = {};
}

std::shared_ptr<ApiKeys::Traded> ApiKeys::entry_for(const std::string& digest) {
    if (const auto known = traded_.find(digest); known != traded_.end()) return known->second;
    auto traded = std::make_shared<Traded>(executor_);
    traded_.emplace(digest, traded);
    order_.push_back(digest);
    if (order_.size() > max_remembered) {
        traded_.erase(order_.front());
        order_.pop_front();
    }
    return traded;
}

awaitable<> ApiKeys::trade(std::string key, std::shared_ptr<Traded> traded) {
    // However it ends: whoever comes meanwhile waits for this answer.
    struct Running {
        explicit Running(Traded& entry_) : entry(entry_) { entry.running = true; }
        ~Running() {
            entry.running = false;
            entry.finished.notify();
        }
        Running(const Running&) = delete;
        Running& operator=(const Running&) = delete;
        Traded& entry;
    } const running(*traded);

    const auto token = co_await tokens_.token_for("auth-service");
    http::ClientRequest request{.verb = http::Verb::post, .target = "/internal/api-keys/exchange", .deadline = 5s};
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Authorization", "Bearer " + token);
    request.body = json::serialize(json::Object{{"key", key}});
    const auto response = co_await client_.send(auth_, request);
    traded->token.clear();
    if (response.status == 404) {
        traded->usable_until = SteadyClock::now() + refusal_life;
        co_return;
    }
    if (response.status == 401) tokens_.drop("auth-service");
    if (!response.ok()) {
        fail({Kind::unavailable, "api_keys_unavailable", "auth-service answered " + std::to_string(response.status)});
    }
    auto answer = json::decode_json<KeyAnswer>(response.body, json::Unknown::ignore).value();
    traded->token = std::move(answer.data.access_token);
    traded->usable_until = SteadyClock::now() + Seconds{answer.data.expires_in} - safety_margin;
}

}  // namespace darkroom::auth
