#include "platform/core/error.hpp"

#include <gtest/gtest.h>

namespace darkroom {
namespace {

TEST(Error, NamesEveryBadFieldInItsDetail) {
    const auto error = invalid_fields({{"email", "is not an e-mail address"}, {"size", "must be at least 1"}});

    EXPECT_EQ(error.detail, "email: is not an e-mail address; size: must be at least 1");
    EXPECT_EQ(error.kind, Kind::invalid);
}

TEST(Result, ValueOfAnErrorThrowsItAsFailure) {
    const Result<int> refused = Error{Kind::conflict, "email_taken", "email: is already registered"};

    try {
        static_cast<void>(refused.value());
        FAIL() << "value() of an error must throw";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.error().code, "email_taken");
        EXPECT_STREQ(failure.what(), "email: is already registered");
    }
}

}  // namespace
}  // namespace darkroom
