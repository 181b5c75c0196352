// Service tokens and API keys against an auth-service that is slow, away or talks nonsense.
#include "platform/auth/api_keys.hpp"
#include "platform/auth/tests/stub_auth_server.hpp"
#include "platform/testing/test_run.hpp"

#include <gtest/gtest.h>

namespace darkroom::auth {
namespace {

struct KeyWire : Wire {
    explicit KeyWire(Runtime& on) : Wire(on), keys(on, client, tokens, server.origin()) {}
    ApiKeys keys;
};

/// The token, or the code of the failure.
awaitable<std::string> outcome_of(awaitable<std::string> work) {
    std::string outcome;
    try {
        outcome = co_await std::move(work);
    } catch (const Failure& failure) {
        outcome = std::string(failure.error().code);
    }
    co_return outcome;
}

awaitable<> note(awaitable<std::string> work, std::vector<std::string>& outcomes) {
    auto outcome = co_await outcome_of(std::move(work));
    outcomes.push_back(std::move(outcome));
}

TEST(ServiceTokens, AreFetchedOnceForAllWhoWaitAndKept) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        KeyWire wire(runtime);
        std::vector<std::string> outcomes;
        TaskGroup callers(runtime.executor());

        for (int i = 0; i < 5; ++i) callers.spawn("caller", note(wire.tokens.token_for("event-bus"), outcomes));
        co_await callers.drain(10s);
        const auto kept = co_await wire.tokens.token_for("event-bus");
        const auto fetched = wire.server.tokens;
        co_await wire.tokens.token_for("user-service");
        wire.tokens.drop("event-bus");
        co_await wire.tokens.token_for("event-bus");

        EXPECT_EQ(outcomes, std::vector<std::string>(5, "service-token"));
        EXPECT_EQ(kept, "service-token");
        EXPECT_EQ(fetched, 1);
        EXPECT_EQ(wire.server.tokens, 3) << "one for another audience, one after it was dropped";
        co_await wire.stop();
    });
}

TEST(ApiKeys, AreExchangedOnceForAllWhoWaitAndKept) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        KeyWire wire(runtime);
        std::vector<std::string> outcomes;
        TaskGroup callers(runtime.executor());

        for (int i = 0; i < 5; ++i) callers.spawn("caller", note(wire.keys.token_for("dk_good"), outcomes));
        co_await callers.drain(10s);
        const auto kept = co_await wire.keys.token_for("dk_good");

        EXPECT_EQ(outcomes, std::vector<std::string>(5, "token-1-for-dk_good"));
        EXPECT_EQ(kept, "token-1-for-dk_good");
        EXPECT_EQ(wire.server.exchanges, 1);
        co_await wire.stop();
    });
}

TEST(ApiKeys, RefusedAreNotAskedAboutAgainAtOnce) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        KeyWire wire(runtime);

        const auto first = co_await outcome_of(wire.keys.token_for("dk_bad"));
        const auto second = co_await outcome_of(wire.keys.token_for("dk_bad"));
        const auto no_key = co_await outcome_of(wire.keys.token_for("something else"));
        const auto too_long = co_await outcome_of(wire.keys.token_for("dk_" + std::string(200, 'a')));

        for (const auto& outcome : {first, second, no_key, too_long}) EXPECT_EQ(outcome, "invalid_api_key");
        EXPECT_EQ(wire.server.exchanges, 1);
        co_await wire.stop();
    });
}

TEST(ApiKeys, GoodOnesAreNotPushedOutByStrangers) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr int more_than_are_remembered = 10'050;
        KeyWire wire(runtime);
        const auto before = co_await wire.keys.token_for("dk_good");

        for (int i = 0; i < more_than_are_remembered; ++i) {
            co_await outcome_of(wire.keys.token_for("dk_made_up_" + std::to_string(i)));
        }
        const auto after = co_await wire.keys.token_for("dk_good");

        EXPECT_EQ(after, before);
        EXPECT_EQ(wire.server.exchanges, more_than_are_remembered + 1);
        co_await wire.stop();
    });
}

TEST(ApiKeys, AskForNoMoreThanSixtyFourAtOnce) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        constexpr int limit = ApiKeys::max_exchanges;
        KeyWire wire(runtime);
        co_await wire.keys.token_for("dk_good");
        std::vector<std::string> outcomes;
        TaskGroup callers(runtime.executor());
        wire.server.holding = true;
        for (int i = 0; i < limit; ++i) {
            callers.spawn("caller", note(wire.keys.token_for("dk_made_up_" + std::to_string(i)), outcomes));
        }
        const bool all_asked = co_await testing::eventually([&] { return wire.server.exchanges == limit + 1; });

        const auto beyond = co_await outcome_of(wire.keys.token_for("dk_one_more"));
        const auto known = co_await outcome_of(wire.keys.token_for("dk_good"));
        wire.server.answer();
        co_await callers.drain(10s);
        const auto later = co_await outcome_of(wire.keys.token_for("dk_one_more"));

        EXPECT_TRUE(all_asked);
        EXPECT_EQ(beyond, "api_keys_unavailable");
        EXPECT_EQ(known, "token-1-for-dk_good");
        EXPECT_EQ(outcomes, std::vector<std::string>(limit, "invalid_api_key"));
        EXPECT_EQ(later, "invalid_api_key");
        co_await wire.stop();
    });
}

TEST(ApiKeys, AreUnavailableWhateverIsWrongBehindThem) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        KeyWire wire(runtime);
        wire.server.status = 500;
        const auto broken = co_await outcome_of(wire.keys.token_for("dk_good"));
        wire.server.status = 401;
        const auto unknown_to_auth = co_await outcome_of(wire.keys.token_for("dk_good"));
        wire.server.status = 200;
        wire.server.nonsense = R"({"data": 7})";
        const auto nonsense = co_await outcome_of(wire.keys.token_for("dk_good"));
        wire.server.nonsense.clear();
        wire.server.token_status = 401;
        wire.tokens.drop("auth-service");
        const auto no_token = co_await outcome_of(wire.keys.token_for("dk_good"));
        ApiKeys lost(runtime, wire.client, wire.tokens, {"127.0.0.1", 1});
        wire.server.token_status = 200;
        const auto nobody = co_await outcome_of(lost.token_for("dk_good"));
        const auto over = co_await outcome_of(wire.keys.token_for("dk_good"));

        for (const auto& outcome : {broken, unknown_to_auth, nonsense, no_token, nobody}) {
            EXPECT_EQ(outcome, "api_keys_unavailable");
        }
        EXPECT_EQ(over, "token-4-for-dk_good") << "an outage is not remembered";
        co_await wire.stop();
    });
}

TEST(ApiKeys, ForgetTheTokenThatIsNamedAndNoNewerOne) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        KeyWire wire(runtime);
        const auto old = co_await wire.keys.token_for("dk_good");

        wire.keys.drop("dk_good", old);
        const auto fresh = co_await wire.keys.token_for("dk_good");
        wire.keys.drop("dk_good", old);
        const auto still = co_await wire.keys.token_for("dk_good");

        EXPECT_EQ(fresh, "token-2-for-dk_good");
        EXPECT_EQ(still, fresh);
        co_await wire.stop();
    });
}

}  // namespace
}  // namespace darkroom::auth
