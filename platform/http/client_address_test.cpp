#include "platform/http/client_address.hpp"

#include <gtest/gtest.h>

namespace darkroom::http {
namespace {

Networks proxies(std::string_view list) {
    return Networks::parse(list).value();
}

TEST(ClientAddress, WithoutTrustThePeerIsTheClientWhateverItClaims) {
    EXPECT_EQ(client_address("203.0.113.9", "10.0.0.1", proxies("")), "203.0.113.9");
    EXPECT_EQ(client_address("203.0.113.9", "10.0.0.1", proxies("10.0.0.0/8")), "203.0.113.9");
}

TEST(ClientAddress, ATrustedPeerIsAskedForTheRightmostStranger) {
    const auto trusted = proxies("10.0.0.0/8, ::1");

    EXPECT_EQ(client_address("10.0.0.2", "1.1.1.1, 203.0.113.9", trusted), "203.0.113.9");
    EXPECT_EQ(client_address("10.0.0.2", "203.0.113.9, 10.7.7.7", trusted), "203.0.113.9");
    EXPECT_EQ(client_address("::1", "203.0.113.9:4711", trusted), "203.0.113.9");
    EXPECT_EQ(client_address("::1", "[2001:db8::7]:80", trusted), "2001:db8::7");
}

TEST(ClientAddress, RubbishInTheListEndsTheSearch) {
    const auto trusted = proxies("10.0.0.0/8");

    EXPECT_EQ(client_address("10.0.0.2", "1.1.1.1, unknown, 10.0.0.3", trusted), "10.0.0.3");
    EXPECT_EQ(client_address("10.0.0.2", "", trusted), "10.0.0.2");
    EXPECT_EQ(client_address("10.0.0.2", ", ,", trusted), "10.0.0.2");
}

TEST(Networks, NetworksMatchByTheirLength) {
    const auto trusted = proxies("192.168.16.0/20,2001:db8::/33");

    EXPECT_TRUE(trusted.contains("192.168.31.255"));
    EXPECT_FALSE(trusted.contains("192.168.32.0"));
    EXPECT_TRUE(trusted.contains("2001:db8:7fff::1"));
    EXPECT_FALSE(trusted.contains("2001:db8:8000::1"));
    EXPECT_TRUE(trusted.contains("::ffff:192.168.16.1"));
    EXPECT_FALSE(trusted.contains("not an address"));
}

TEST(Networks, IllFormedNetworksAreRefused) {
    for (const auto* list : {"10.0.0.0/33", "10.0.0/8", "::1/129", "10.0.0.0/-1", "10.0.0.0/8x", "localhost"}) {
        EXPECT_TRUE(Networks::parse(list).has_error()) << list;
    }
}

TEST(LimitKey, OneIpv6SubscriberIsOneClient) {
    EXPECT_EQ(limit_key_of("2001:db8:1:2::1"), limit_key_of("2001:db8:1:2:ffff::9"));
    EXPECT_NE(limit_key_of("2001:db8:1:2::1"), limit_key_of("2001:db8:1:3::1"));
    EXPECT_EQ(limit_key_of("203.0.113.9"), "203.0.113.9");
}

}  // namespace
}  // namespace darkroom::http
