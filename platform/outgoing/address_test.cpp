#include "platform/outgoing/address.hpp"

#include "platform/outgoing/web_url.hpp"

#include <gtest/gtest.h>

namespace darkroom::outgoing {
namespace {

bool is_public_text(const char* text) {
    return is_public(net::ip::make_address(text));
}

TEST(Addresses, OfTheOpenInternetArePublic) {
    for (const auto* address : {"1.1.1.1", "93.184.216.34", "172.32.0.1", "100.63.255.255", "192.0.3.1", "2606:4700::1111",
                                "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::808:808"}) {
        EXPECT_TRUE(is_public_text(address)) << address;
    }
}

TEST(Addresses, OfThisMachineAndItsNeighboursAreNot) {
    for (const auto* address : {"0.0.0.0",
                                "10.1.2.3",
                                "100.64.0.1",
                                "127.0.0.1",
                                "127.9.9.9",
                                "169.254.169.254",
                                "172.16.0.1",
                                "172.31.255.255",
                                "192.0.0.8",
                                "192.168.1.1",
                                "198.18.0.1",
                                "203.0.113.9",
                                "224.0.0.1",
                                "255.255.255.255",
                                "::",
                                "::1",
                                "fe80::1",
                                "fc00::1",
                                "fd12:3456::1",
                                "ff02::1",
                                "2001::1",
                                "2001:db8::1",
                                "2002:7f00:1::",
                                "::ffff:127.0.0.1",
                                "::ffff:10.0.0.1",
                                "64:ff9b::7f00:1",
                                "64:ff9b::a00:1",
                                "::7f00:1",
                                "3fff::1"}) {
        EXPECT_FALSE(is_public_text(address)) << address;
    }
}

TEST(Hosts, AreRefusedByNameWhereTheNameTellsIt) {
    for (const auto* host : {"localhost", "LOCALHOST.", "a.localhost", "printer.local", "db.internal", "redis", "127.0.0.1",
                             "[::1]", "::1", "router.home.arpa"}) {
        EXPECT_FALSE(may_be_public(host)) << host;
    }
    for (const auto* host : {"example.org", "hooks.example.org.", "1.1.1.1", "2606:4700::1111"}) {
        EXPECT_TRUE(may_be_public(host)) << host;
    }
}

TEST(WebUrls, AreHttpWithAHostAndNothingHidden) {
    for (const auto* text : {"http://example.org", "https://example.org:8443/hook?a=1", "http://[2606:4700::1111]/x"}) {
        EXPECT_TRUE(WebUrl::parse(text).has_value()) << text;
    }
    for (const auto* text : {"", "example.org", "/hook", "ftp://example.org", "file:///etc/passwd", "http://", "http:///hook",
                             "http://user:pw@example.org/", "http://example.org/#x", "http://example.org:0/",
                             "http://example.org:99999/", "http://exa mple.org/", "http://example.org/\r\nX: y"}) {
        EXPECT_FALSE(WebUrl::parse(text).has_value()) << text;
    }
    EXPECT_EQ(WebUrl::parse("https://[::1]:9/").value().host(), "::1");
}

}  // namespace
}  // namespace darkroom::outgoing
