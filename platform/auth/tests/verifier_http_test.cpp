// The keys of a TokenVerifier, against an auth-service that is slow, away, or has a new key.
#include "platform/auth/tests/stub_auth_server.hpp"
#include "platform/auth/verifier.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::auth {
namespace {

struct VerifierWire : Wire {
    explicit VerifierWire(Runtime& on)
        : Wire(on),
          // Never started: nobody's session ends here.
          revocations(on, client, tokens, {.redis = redis::Url::parse("redis://127.0.0.1:1").value(), .auth = server.origin()}),
          verifier(on, client, revocations, {.auth = server.origin(), .service = "shop", .refetch_interval = 50ms}) {}

    Revocations revocations;
    TokenVerifier verifier;
};

std::string token_of(const SigningKey& key, std::string user = "ann") {
    const auto expiry = unix_seconds(now()) + 300;
    return key.sign({{"iss", "darkroom-auth"},
                     {"aud", "darkroom"},
                     {"sub", std::move(user)},
                     {"sid", "session-1"},
                     {"role", "user"},
                     {"username", "ann"},
                     {"email", "ann@example.org"},
                     {"exp", expiry}});
}

/// The caller's id, or the code of the failure.
awaitable<std::string> outcome_of(TokenVerifier& verifier, std::string token) {
    std::string outcome;
    try {
        const auto caller = co_await verifier.verify(std::move(token));
        outcome = caller.user_id.text();
    } catch (const Failure& failure) {
        outcome = std::string(failure.error().code);
    }
    co_return outcome;
}

awaitable<> note(TokenVerifier& verifier, std::string token, std::vector<std::string>& outcomes) {
    auto outcome = co_await outcome_of(verifier, std::move(token));
    outcomes.push_back(std::move(outcome));
}

TEST(TokenVerifier, FetchesTheKeysOnceForWhatItKnows) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        VerifierWire wire(runtime);

        const auto first = co_await outcome_of(wire.verifier, token_of(wire.server.key, "ann"));
        const auto second = co_await outcome_of(wire.verifier, token_of(wire.server.key, "bob"));

        EXPECT_EQ(first, "ann");
        EXPECT_EQ(second, "bob");
        EXPECT_EQ(wire.server.fetches, 1);
        co_await wire.stop();
    });
}

// A fetch that began before the request may have missed the key that the request's token is signed with.
TEST(TokenVerifier, AnUnknownKeyWaitsForAFetchThatBeganAfterIt) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        VerifierWire wire(runtime);
        const auto fresh = SigningKey::generate();
        std::vector<std::string> outcomes;
        TaskGroup callers(runtime.executor());
        wire.server.holding = true;
        callers.spawn("made up", note(wire.verifier, token_of(SigningKey::generate()), outcomes));
        const bool asked = co_await testing::eventually([&] { return wire.server.fetches == 1; });

        wire.server.publish(fresh);
        callers.spawn("good", note(wire.verifier, token_of(fresh), outcomes));
        wire.server.answer();
        const bool ended = co_await callers.drain(10s);

        EXPECT_TRUE(asked && ended);
        EXPECT_EQ(outcomes, (std::vector<std::string>{"invalid_token", "ann"}));
        EXPECT_EQ(wire.server.fetches, 2);
        co_await wire.stop();
    });
}

TEST(TokenVerifier, MadeUpKeysShareAFetch) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr int strangers = 50;
        VerifierWire wire(runtime);
        co_await outcome_of(wire.verifier, token_of(wire.server.key));
        std::vector<std::string> outcomes;
        TaskGroup callers(runtime.executor());

        for (int i = 0; i < strangers; ++i) {
            callers.spawn("stranger", note(wire.verifier, token_of(SigningKey::generate()), outcomes));
        }
        const bool ended = co_await callers.drain(10s);
        const auto no_kid = co_await outcome_of(wire.verifier, "no.token.at-all");

        EXPECT_TRUE(ended);
        EXPECT_EQ(outcomes, std::vector<std::string>(strangers, "invalid_token"));
        EXPECT_EQ(no_kid, "invalid_token");
        EXPECT_EQ(wire.server.fetches, 2);
        co_await wire.stop();
    });
}

TEST(TokenVerifier, AnOutageIsNoFaultOfTheTokenAndKnownKeysGoOn) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        VerifierWire wire(runtime);
        co_await outcome_of(wire.verifier, token_of(wire.server.key));
        const auto fresh = SigningKey::generate();

        wire.server.status = 500;
        const auto unknown = co_await outcome_of(wire.verifier, token_of(fresh));
        const auto known = co_await outcome_of(wire.verifier, token_of(wire.server.key, "bob"));
        wire.server.status = 200;
        wire.server.publish(fresh);
        const auto over = co_await outcome_of(wire.verifier, token_of(fresh));

        EXPECT_EQ(unknown, "keys_unavailable");
        EXPECT_EQ(known, "bob");
        EXPECT_EQ(over, "ann");
        co_await wire.stop();
    });
}

// Each waits for the fetch that began after it, two seconds at most, and none for those of the others.
TEST(TokenVerifier, ASilentAuthServiceHoldsNobodyLongerThanOneFetch) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr int callers_at_once = 20;
        VerifierWire wire(runtime);
        co_await outcome_of(wire.verifier, token_of(wire.server.key));
        std::vector<std::string> outcomes;
        TaskGroup callers(runtime.executor());
        wire.server.holding = true;

        for (int i = 0; i < callers_at_once; ++i) {
            callers.spawn("caller", note(wire.verifier, token_of(SigningKey::generate()), outcomes));
        }
        const bool ended = co_await callers.drain(4s);

        EXPECT_TRUE(ended);
        EXPECT_EQ(outcomes, std::vector<std::string>(callers_at_once, "keys_unavailable"));
        EXPECT_EQ(wire.server.fetches, 2);
        co_await wire.stop();
    });
}

}  // namespace
}  // namespace darkroom::auth
