// Which tokens are believed, and whom services are to each other.
#include "platform/core/encoding.hpp"
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

/// The token with another header and the same claims, unsigned.
std::string with_algorithm_none(const std::string& token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    return base64url_encode(R"({"alg":"none","typ":"at+jwt"})") + token.substr(first, second - first) + '.';
}

/// The same header and signature over claims that say admin.
std::string with_role_admin(const std::string& token) {
    const auto first = token.find('.');
    const auto second = token.find('.', first + 1);
    auto claims = json::parse(base64url_decode(token.substr(first + 1, second - first - 1)).value()).value().as_object();
    claims["role"] = "admin";
    return token.substr(0, first + 1) + base64url_encode(json::serialize(claims)) + token.substr(second);
}

/// Well-formed and well-signed, by somebody else's key.
std::string signed_by_another_key(const std::string& user_id) {
    const auto key = auth::SigningKey::generate();
    const auto seconds = unix_seconds(now());
    return key.sign({{"iss", "darkroom-auth"},
                     {"aud", "darkroom"},
                     {"sub", user_id},
                     {"sid", "some-session"},
                     {"role", "admin"},
                     {"iat", seconds},
                     {"exp", seconds + 600}});
}

TEST(AccessToken, ForgedOnesAreRefused) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");

        for (const auto& token : {with_algorithm_none(tokens.access), with_role_admin(tokens.access),
                                  signed_by_another_key(tokens.user_id), tokens.refresh, std::string("x.y.z")}) {
            const auto me = co_await service.get("/auth/me", token);
            EXPECT_EQ(me.status, 401) << token;
            EXPECT_TRUE(me.headers.get("WWW-Authenticate").starts_with("Bearer error=\"invalid_token\"")) << token;
            const json::Object body{{"token", token}};
            const auto validated = co_await service.post("/auth/validate", body);
            EXPECT_EQ(validated.status, 200);
            EXPECT_EQ(body_of(validated).at("success"), json::Value(false));
            EXPECT_EQ(body_of(validated).at_pointer("/data/valid"), json::Value(false));
        }
        const auto none = co_await service.get("/auth/me");
        EXPECT_EQ(none.status, 401);
        EXPECT_EQ(none.headers.get("WWW-Authenticate"), "Bearer");
    });
}

TEST(Validate, TakesJsonFormAndQuery) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto tokens = co_await service.sign_up("ada");
        const json::Object body{{"token", tokens.access}};

        const auto by_json = co_await service.post("/auth/validate", body);
        const auto by_form = co_await service.form("/auth/validate", "token=" + tokens.access);
        const auto by_query = co_await service.post("/auth/validate?token=" + tokens.access, nullptr);

        for (const auto& response : {by_json, by_form, by_query}) {
            EXPECT_EQ(body_of(response).at("success"), json::Value(true));
            EXPECT_EQ(text_at(body_of(response), "/data/user/username"), "ada");
        }
    });
}

TEST(ServiceToken, IsGivenToBuiltInClientsByBasicAndByPost) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const std::string grant = "grant_type=client_credentials&audience=event-bus";
        // The secret has characters that RFC 6749 wants encoded.
        const auto credentials = "darkroom-cli:" + percent_encode("darkroom-cli: a&b secret");
        const http::Headers basic{{"Authorization", "Basic " + base64_encode(credentials)}};

        const auto by_basic = co_await service.form("/oauth/token", grant, basic);
        const auto by_post =
            co_await service.form("/oauth/token", grant + "&client_id=image-service&client_secret=image-service-secret");

        EXPECT_EQ(by_basic.status, 200) << by_basic.body;
        EXPECT_EQ(by_post.status, 200) << by_post.body;
        EXPECT_EQ(body_of(by_post).at("expires_in").as_int64(), 900);
        const auto keys = co_await service.get("/.well-known/jwks.json");
        const auto claims = auth::KeySet::parse(keys.body).value().verify(text_at(body_of(by_post), "/access_token")).value();
        const auto caller = auth::caller_from(claims, {.audiences = {"event-bus"}}, now()).value();
        EXPECT_EQ(caller.service, "image-service");
        EXPECT_TRUE(auth::caller_from(claims, {.audiences = {"user-service"}}, now()).has_error());
    });
}

TEST(ServiceToken, IsRefusedInTheWordsOfRfc6749) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const std::string client = "&client_id=image-service&client_secret=image-service-secret";
        const http::Headers wrong_basic{{"Authorization", "Basic " + base64_encode("image-service:wrong")}};

        const auto wrong =
            co_await service.form("/oauth/token", "grant_type=client_credentials&audience=event-bus", wrong_basic);
        const auto stranger = co_await service.form("/oauth/token", "grant_type=client_credentials&audience=bank" + client);
        const auto missing = co_await service.form("/oauth/token", "grant_type=client_credentials" + client);

        EXPECT_EQ(wrong.status, 401);
        EXPECT_EQ(text_at(body_of(wrong), "/error"), "invalid_client");
        EXPECT_TRUE(wrong.headers.get("WWW-Authenticate").starts_with("Basic"));
        EXPECT_EQ(stranger.status, 400);
        EXPECT_EQ(text_at(body_of(stranger), "/error"), "invalid_target");
        EXPECT_EQ(text_at(body_of(missing), "/error"), "invalid_request");
    });
}

}  // namespace
}  // namespace darkroom::accounts
