#include "services/gateway/domain/encryption.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

http::RequestHead a_request(std::string method, std::string target) {
    http::RequestHead request{.method = std::move(method), .target = std::move(target)};
    request.headers.add("Host", "pictures.example:8000");
    return request;
}

TEST(Encryption, StrangersNeedIt) {
    EXPECT_FALSE(may_come_unencrypted({.peer = "203.0.113.7"}, false));
    EXPECT_TRUE(may_come_unencrypted({.peer = "203.0.113.7", .encrypted = true}, false));
}

TEST(Encryption, ThisMachineAndNetworksDoNot) {
    EXPECT_TRUE(may_come_unencrypted({.peer = "127.0.0.1"}, true));
    EXPECT_TRUE(may_come_unencrypted({.peer = "10.0.0.2", .peer_trusted = true}, false));
}

TEST(Encryption, AnAddressThatWasTypedIsLedToTheRightPlace) {
    const auto location = encrypted_location(a_request("GET", "/docs?page=%2F1"));

    ASSERT_TRUE(location.has_value());
    EXPECT_EQ(*location, "https://pictures.example:8000/docs?page=%2F1");
}

TEST(Encryption, WhoSentMoreThanAnAddressLearnsIt) {
    auto with_token = a_request("GET", "/users/me");
    with_token.headers.add("Authorization", "Bearer t");
    auto with_key = a_request("GET", "/images");
    with_key.headers.add("X-API-Key", "k");
    auto socket = a_request("GET", "/ws/events?token=t");
    socket.upgrade = true;
    auto nameless = a_request("GET", "/");
    nameless.headers.remove("Host");

    for (const auto& request : {with_token, with_key, socket, nameless, a_request("POST", "/auth/login")}) {
        const auto location = encrypted_location(request);

        ASSERT_TRUE(location.has_error()) << request.target;
        EXPECT_EQ(location.error().code, "tls_required");
    }
}

}  // namespace
}  // namespace darkroom::gateway
