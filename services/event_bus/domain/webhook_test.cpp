#include "services/event_bus/domain/webhook.hpp"

#include <gtest/gtest.h>

namespace darkroom::event_bus {
namespace {

// The example of the specification's own libraries.
TEST(Webhook, IsSignedAsTheStandardSays) {
    EXPECT_EQ(webhook_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
                                R"({"test": 2432232314})"),
              "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    EXPECT_EQ(webhook_signature("nonsense", "id", 1, ""), "");
    EXPECT_EQ(new_webhook_secret().size(), 50U);
    EXPECT_FALSE(webhook_signature(new_webhook_secret(), "id", 1, "").empty());
}

TEST(Webhook, IsTriedForAboutAnHourAndAHalf) {
    EXPECT_EQ(webhook_pause(1), Seconds{5});
    EXPECT_EQ(webhook_pause(2), Seconds{10});
    EXPECT_EQ(webhook_pause(20), Seconds{1800});
    Seconds total{0};
    for (std::int64_t failures = 1; failures < max_webhook_attempts; ++failures) total += webhook_pause(failures);
    EXPECT_GT(total, Seconds{1200});
    EXPECT_LT(total, Seconds{7200});
}

}  // namespace
}  // namespace darkroom::event_bus
