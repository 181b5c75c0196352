#include "services/auth/domain/idempotency.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

auth::Caller a_person(std::string id) {
    return {.kind = auth::CallerKind::user, .user_id = UserId::trusted(std::move(id))};
}

std::string content_of(const auth::Caller& caller, std::string_view key, std::string_view endpoint, std::string_view body) {
    return std::string(idempotent_request(caller, key, endpoint, body).value()->content.reveal());
}

TEST(IdempotentRequest, DiffersWithCallerKeyEndpointAndBody) {
    const auto first = content_of(a_person("ada"), "k", "/a", "{}");

    EXPECT_EQ(content_of(a_person("ada"), "k", "/a", "{}"), first);
    EXPECT_NE(content_of(a_person("eve"), "k", "/a", "{}"), first);
    EXPECT_NE(content_of(a_person("ada"), "l", "/a", "{}"), first);
    EXPECT_NE(content_of(a_person("ada"), "k", "/b", "{}"), first);
    EXPECT_NE(content_of(a_person("ada"), "k", "/a", "[]"), first);
    EXPECT_NE(content_of({}, "k", "/a1", "{}"), content_of({}, "k", "/a", "1{}"));
}

TEST(IdempotentRequest, NeedsAVisibleKeyAndNoneMeansNone) {
    EXPECT_FALSE(idempotent_request({}, "", "/a", "{}").value().has_value());
    EXPECT_TRUE(idempotent_request({}, std::string(255, 'k'), "/a", "{}").has_value());
    EXPECT_TRUE(idempotent_request({}, std::string(256, 'k'), "/a", "{}").has_error());
    EXPECT_TRUE(idempotent_request({}, "a b", "/a", "{}").has_error());
}

}  // namespace
}  // namespace darkroom::accounts
