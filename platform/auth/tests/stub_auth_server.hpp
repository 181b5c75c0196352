// auth-service as far as its callers need it: it counts what it is asked and answers as the test says.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/auth/jwt.hpp"
#include "platform/auth/service_tokens.hpp"
#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/json/described.hpp"

#include <set>
#include <string>

namespace darkroom::auth {

class StubAuthServer : public http::Handler {
public:
    explicit StubAuthServer(Runtime& runtime) : let_go_(runtime.executor()), server_(runtime, {}, *this) {
        server_.listen();
        publish(key);
    }

    http::Origin origin() const { return {"127.0.0.1", server_.port()}; }
    awaitable<> stop() { return server_.drain(200ms); }
    /// From now on its tokens can be verified.
    void publish(const SigningKey& further) { keys_.push_back(further.public_jwk()); }
    /// Answers what waits, and from now on at once.
    void answer() {
        holding = false;
        let_go_.notify();
    }

    awaitable<> handle(http::Exchange& exchange) override {
        const auto target = exchange.request().target;
        const auto body = co_await http::read_all(exchange.body(), 10'000);
        // What is true when the question arrives, however long the answer takes.
        auto response = answer_to(target, body);
        while (holding && target != "/oauth/token") co_await let_go_.wait_for(1min);
        co_await exchange.respond(std::move(response));
    }

    /// While it is, only service tokens are answered.
    bool holding = false;
    int status = 200;
    int token_status = 200;
    /// Instead of an exchange's right answer.
    std::string nonsense;
    std::set<std::string> good_keys{"dk_good"};
    SigningKey key = SigningKey::generate();
    int tokens = 0;
    int exchanges = 0;
    int fetches = 0;

private:
    http::Response answer_to(const std::string& target, const std::string& body) {
        const auto json_of = [](int code, std::string text) {
            return http::Response::text(code, "application/json", std::move(text));
        };
        if (target == "/oauth/token") {
            ++tokens;
            return json_of(token_status, R"({"access_token": "service-token", "expires_in": 900})");
        }
        if (target == "/.well-known/jwks.json") {
            ++fetches;
            return json_of(status, json::serialize(json::Object{{"keys", keys_}}));
        }
        ++exchanges;
        if (!nonsense.empty()) return json_of(200, nonsense);
        const auto named = std::string(json::view(json::parse(body).value().at("key").as_string()));
        if (status != 200 || !good_keys.contains(named)) return json_of(status == 200 ? 404 : status, "{}");
        const auto token = "token-" + std::to_string(exchanges) + "-for-" + named;
        return json_of(200, R"({"data": {"access_token": ")" + token + R"(", "expires_in": 300}})");
    }

    Notifier let_go_;
    json::Array keys_;
    http::Server server_;
};

/// The server and what every caller of it needs.
struct Wire {
    explicit Wire(Runtime& on)
        : runtime(on), server(on), client(on), tokens(on, client, server.origin(), "shop", Secret("pass")) {}

    /// Nothing may be under way when its parts go.
    awaitable<> stop() {
        server.answer();
        co_await server.stop();
        co_await runtime.tasks().stop(5s);
    }

    Runtime& runtime;
    StubAuthServer server;
    http::Client client;
    ServiceTokens tokens;
};

}  // namespace darkroom::auth
