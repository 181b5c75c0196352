#include "services/images/domain/idempotency.hpp"

#include <gtest/gtest.h>

#include <array>

namespace darkroom::images {
namespace {

auth::Caller a_user(const char* id) {
    return {.kind = auth::CallerKind::user, .user_id = UserId::trusted(id)};
}

IdempotentRequest request_of(const auth::Caller& caller, std::array<std::string_view, 2> parts) {
    return idempotent_request(caller, "key", parts).value().value();
}

TEST(IdempotentRequest, TellsEqualRequestsFromOthers) {
    const auto alice = a_user("alice");

    EXPECT_EQ(request_of(alice, {"upload", "ab"}).fingerprint, request_of(alice, {"upload", "ab"}).fingerprint);
    EXPECT_NE(request_of(alice, {"upload", "ab"}).fingerprint, request_of(alice, {"uploada", "b"}).fingerprint);
    EXPECT_NE(request_of(alice, {"upload", "ab"}).caller, request_of(a_user("bob"), {"upload", "ab"}).caller);
}

TEST(IdempotentRequest, IsOptionalAndItsKeyIsVisibleAscii) {
    const auto alice = a_user("alice");
    const std::array<std::string_view, 1> parts{"upload"};

    EXPECT_FALSE(idempotent_request(alice, "", parts).value().has_value());
    EXPECT_TRUE(idempotent_request(alice, std::string(255, 'x'), parts).has_value());
    EXPECT_TRUE(idempotent_request(alice, std::string(256, 'x'), parts).has_error());
    EXPECT_TRUE(idempotent_request(alice, "a key", parts).has_error());
}

}  // namespace
}  // namespace darkroom::images
