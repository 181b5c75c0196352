#include "services/images/domain/quotas.hpp"

#include <gtest/gtest.h>

namespace darkroom::images {
namespace {

TEST(Quotas, AreThoseOfTheRoleUnlessNamed) {
    const auto quotas = Quotas::parse("user=5MB,admin=2TiB").value();

    EXPECT_EQ(quotas.of(auth::Role::guest), Quota{0});
    EXPECT_EQ(quotas.of(auth::Role::user), Quota{5'000'000});
    EXPECT_EQ(quotas.of(auth::Role::premium), Quota{20'000'000'000});
    EXPECT_EQ(quotas.of(auth::Role::admin), Quota{2'199'023'255'552});
    EXPECT_EQ(Quotas::parse("user=123").value().of(auth::Role::user), Quota{123});
    EXPECT_EQ(Quotas::parse("premium=unlimited").value().of(auth::Role::premium), Quota{});
}

TEST(Quotas, TheDefaultsAreWhatTheTextSays) {
    const auto quotas = Quotas::parse(Quotas::defaults).value();

    for (const auto role : {auth::Role::guest, auth::Role::user, auth::Role::premium, auth::Role::admin}) {
        EXPECT_EQ(quotas.of(role), Quotas{}.of(role));
    }
}

TEST(Quotas, RefusesWhatIsNoSizeOrNoRole) {
    for (const auto* text : {"user", "user=", "user=-1", "user=1XB", "user=1 GB", "root=1GB", "user=1GB;guest=0", "=5",
                             "user=9223372036854775807TB"}) {
        EXPECT_TRUE(Quotas::parse(text).has_error()) << text;
    }
}

TEST(NearlyFull, BeginsAtNineTenths) {
    EXPECT_FALSE(is_nearly_full(899, 1000));
    EXPECT_TRUE(is_nearly_full(900, 1000));
    EXPECT_FALSE(is_nearly_full(900, Quota{}));
    EXPECT_FALSE(is_nearly_full(0, 0)) << "nobody is warned of a quota of nothing";
    EXPECT_EQ(percent_used(912'345'678, 1'000'000'000), 91);
    EXPECT_EQ(percent_used(1, 0), 100);
}

}  // namespace
}  // namespace darkroom::images
