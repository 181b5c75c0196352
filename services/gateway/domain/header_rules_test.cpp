#include "services/gateway/domain/header_rules.hpp"

#include <gtest/gtest.h>

namespace darkroom::gateway {
namespace {

http::RequestHead a_request(http::Headers headers) {
    http::RequestHead request;
    request.method = "GET";
    request.target = "/users/me?x=1";
    request.path = "/users/me";
    request.headers = std::move(headers);
    return request;
}

Forwarded from(std::string peer, bool trusted = false) {
    return {.peer = std::move(peer), .peer_trusted = trusted, .correlation_id = "c-1", .traceparent = "00-a-b-01"};
}

TEST(UpstreamHead, MethodTargetAndEndToEndHeadersPassUnchanged) {
    const auto head =
        upstream_head(a_request({{"Accept", "a"}, {"Authorization", "Bearer t"}, {"Accept", "b"}}), from("1.2.3.4"));

    EXPECT_EQ(head.method, "GET");
    EXPECT_EQ(head.target, "/users/me?x=1");
    EXPECT_EQ(head.headers.get("Authorization"), "Bearer t");
    EXPECT_EQ(head.headers.count("Accept"), 2U);
}

TEST(UpstreamHead, HopByHopHeadersAndThoseNamedInConnectionAreDropped) {
    const auto head = upstream_head(a_request({{"Connection", "keep-alive, X-Secret ,,x-other"},
                                               {"connection", "X-Third"},
                                               {"Keep-Alive", "timeout=5"},
                                               {"Proxy-Connection", "close"},
                                               {"Proxy-Authorization", "Basic x"},
                                               {"TE", "trailers"},
                                               {"Trailer", "X-Sum"},
                                               {"Transfer-Encoding", "chunked"},
                                               {"Upgrade", "h2c"},
                                               {"X-Secret", "1"},
                                               {"X-OTHER", "2"},
                                               {"X-Third", "3"},
                                               {"X-Stays", "4"}}),
                                    from("1.2.3.4"));

    for (const auto* name : {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer",
                             "Transfer-Encoding", "Upgrade", "X-Secret", "X-Other", "X-Third"}) {
        EXPECT_FALSE(head.headers.has(name)) << name;
    }
    EXPECT_EQ(head.headers.get("X-Stays"), "4");
}

TEST(UpstreamHead, NamingOurHeadersInConnectionDoesNotRemoveThem) {
    const auto head =
        upstream_head(a_request({{"Connection", "X-Forwarded-For, X-Correlation-ID, traceparent"}}), from("1.2.3.4"));

    EXPECT_EQ(head.headers.get("X-Forwarded-For"), "1.2.3.4");
    EXPECT_EQ(head.headers.get("X-Correlation-ID"), "c-1");
    EXPECT_EQ(head.headers.get("traceparent"), "00-a-b-01");
}

TEST(UpstreamHead, IdentityHeadersOfClientsNeverPass) {
    const auto head = upstream_head(a_request({{"X-User-Id", "admin-001"},
                                               {"x-user-role", "admin"},
                                               {"X-Real-IP", "10.0.0.1"},
                                               {"Forwarded", "for=10.0.0.1"},
                                               {"X-Original-URL", "/internal"},
                                               {"X-Forwarded-User", "root"}}),
                                    from("1.2.3.4"));

    for (const auto* name : {"X-User-Id", "X-User-Role", "X-Real-IP", "Forwarded", "X-Original-URL", "X-Forwarded-User"}) {
        EXPECT_FALSE(head.headers.has(name)) << name;
    }
}

TEST(UpstreamHead, AStrangersForwardedHeadersAreReplaced) {
    const auto request = a_request({{"Host", "photos.example"},
                                    {"X-Forwarded-For", "9.9.9.9"},
                                    {"X-Forwarded-Proto", "https"},
                                    {"X-Forwarded-Host", "evil.example"}});

    const auto head = upstream_head(request, from("1.2.3.4"));

    EXPECT_EQ(head.headers.count("X-Forwarded-For"), 1U);
    EXPECT_EQ(head.headers.get("X-Forwarded-For"), "1.2.3.4");
    EXPECT_EQ(head.headers.get("X-Forwarded-Proto"), "http");
    EXPECT_EQ(head.headers.get("X-Forwarded-Host"), "photos.example");
    EXPECT_FALSE(head.headers.has("Host"));
}

TEST(UpstreamHead, ATrustedProxysForwardedHeadersAreContinued) {
    const auto request = a_request({{"Host", "gateway"},
                                    {"X-Forwarded-For", "9.9.9.9"},
                                    {"X-Forwarded-Proto", "https"},
                                    {"X-Forwarded-Host", "photos.example"}});

    const auto head = upstream_head(request, from("10.0.0.2", true));

    EXPECT_EQ(head.headers.get("X-Forwarded-For"), "9.9.9.9, 10.0.0.2");
    EXPECT_EQ(head.headers.get("X-Forwarded-Proto"), "https");
    EXPECT_EQ(head.headers.get("X-Forwarded-Host"), "photos.example");
}

TEST(UpstreamHead, ExpectAndFramingAreTheGatewaysBusiness) {
    const auto head = upstream_head(a_request({{"Expect", "100-continue"}, {"Content-Length", "5"}}), from("1.2.3.4"));

    EXPECT_FALSE(head.headers.has("Expect"));
    EXPECT_FALSE(head.headers.has("Content-Length"));
}

TEST(UpstreamHandshake, KeepsWhatWebSocketNeeds) {
    const auto request =
        a_request({{"Connection", "keep-alive, Upgrade"}, {"Upgrade", "websocket"}, {"Sec-WebSocket-Key", "k"}});

    const auto head = upstream_handshake(request, from("1.2.3.4"));

    EXPECT_EQ(head.headers.get("Connection"), "Upgrade");
    EXPECT_EQ(head.headers.get("Upgrade"), "websocket");
    EXPECT_EQ(head.headers.get("Sec-WebSocket-Key"), "k");
}

TEST(ClientHead, HopByHopFramingAndGatewayHeadersOfTheUpstreamAreDropped) {
    const http::ResponseHead response{206,
                                      {{"Content-Type", "image/jpeg"},
                                       {"Content-Length", "5"},
                                       {"Connection", "close, X-Debug"},
                                       {"X-Debug", "1"},
                                       {"Keep-Alive", "timeout=5"},
                                       {"Access-Control-Allow-Origin", "*"},
                                       {"X-Correlation-ID", "other"},
                                       {"ETag", "\"e\""}}};

    const auto head = client_head(response);

    EXPECT_EQ(head.status, 206);
    EXPECT_EQ(head.headers.size(), 2U);
    EXPECT_EQ(head.headers.get("Content-Type"), "image/jpeg");
    EXPECT_EQ(head.headers.get("ETag"), "\"e\"");
}

}  // namespace
}  // namespace darkroom::gateway
