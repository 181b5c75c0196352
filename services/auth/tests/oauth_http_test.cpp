// An application is registered and asks a person for access, on a real database.
#include "platform/core/encoding.hpp"
#include "services/auth/tests/oauth_app.hpp"

namespace darkroom::accounts {
namespace {

json::Object claims_in(const std::string& token) {
    const auto first = token.find('.');
    const auto payload = base64url_decode(token.substr(first + 1, token.find('.', first + 1) - first - 1));
    return json::parse(payload.value()).value().as_object();
}

TEST(OauthClients, AreRegisteredByAdminsAndShowTheirSecretOnce) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto ada = co_await service.sign_up("ada");

        const auto app = co_await an_app(service, admin);
        const auto listed = co_await service.get("/oauth/clients", admin);
        const auto by_user = co_await service.get("/oauth/clients", ada.access);
        json::Object bad{{"name", "Bad"}, {"redirect_uris", {"http://app.example.org/"}}, {"scopes", {"openid"}}};
        const auto plain_http = co_await service.post("/oauth/clients", bad, admin);
        bad["redirect_uris"] = json::Array{callback};
        bad["scopes"] = json::Array{"openid", "everything"};
        const auto unknown_scope = co_await service.post("/oauth/clients", bad, admin);

        EXPECT_EQ(app.secret.size(), 43U);
        EXPECT_EQ(listed.body.find(app.secret), std::string::npos);
        EXPECT_EQ(text_at(testing::data_of(listed), "/clients/0/client_id"), app.id);
        EXPECT_EQ(by_user.status, 403);
        EXPECT_EQ(plain_http.status, 422);
        EXPECT_EQ(text_at(body_of(plain_http), "/errors/0/field"), "redirect_uris[0]");
        EXPECT_EQ(unknown_scope.status, 422);
        EXPECT_EQ(text_at(body_of(unknown_scope), "/errors/0/field"), "scopes[1]");
        EXPECT_TRUE(service.events().find("audit.client_created") != std::string::npos);
    });
}

TEST(Authorization, GoesFromThePageToTokensThatDoWhatWasAllowed) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        const auto ada = co_await service.sign_up("ada");

        const auto page = co_await service.get("/oauth/authorize?" + encoded(a_request(app)));
        const auto allowed = co_await allow(service, a_request(app), "ada");
        const auto redeemed =
            co_await service.form("/oauth/token", encoded(a_redemption(parameter_of(allowed, "code"))), basic(app));

        EXPECT_EQ(page.status, 200);
        EXPECT_NE(page.body.find("Photo Printer"), std::string::npos);
        EXPECT_NE(page.body.find("see your pictures"), std::string::npos);
        const auto policy = std::string(page.headers.get("Content-Security-Policy"));
        EXPECT_NE(policy.find("form-action 'self' https://app.example.org;"), std::string::npos) << policy;
        EXPECT_EQ(allowed.status, 303) << allowed.body;
        EXPECT_TRUE(allowed.headers.get("Location").starts_with(callback));
        EXPECT_EQ(parameter_of(allowed, "state"), "s&1");
        EXPECT_EQ(parameter_of(allowed, "iss"), "http://gateway.test");
        EXPECT_EQ(redeemed.status, 200) << redeemed.body;
        EXPECT_EQ(redeemed.headers.get("Cache-Control"), "no-store");
        const auto tokens = body_of(redeemed);
        EXPECT_EQ(text_at(tokens, "/scope"), "email images:read openid");
        const auto access = text_at(tokens, "/access_token");
        EXPECT_EQ(claims_in(access).at("scope"), json::Value("email images:read openid"));
        const auto id_claims = claims_in(text_at(tokens, "/id_token"));
        EXPECT_EQ(id_claims.at("iss"), json::Value("http://gateway.test"));
        EXPECT_EQ(id_claims.at("aud"), json::Value(app.id));
        EXPECT_EQ(id_claims.at("sub"), json::Value(ada.user_id));
        EXPECT_EQ(id_claims.at("nonce"), json::Value("n-1"));
        EXPECT_EQ(id_claims.at("email"), json::Value("ada@example.com"));
        const auto info = co_await service.get("/oauth/userinfo", access);
        EXPECT_EQ(text_at(body_of(info), "/sub"), ada.user_id);
        EXPECT_EQ(body_of(info).as_object().if_contains("preferred_username"), nullptr) << "profile was not asked for";
        const auto sessions = co_await service.get("/auth/sessions", ada.access);
        EXPECT_NE(sessions.body.find("Photo Printer"), std::string::npos);
        const auto me = co_await service.get("/auth/me", access);
        EXPECT_EQ(me.status, 403) << "users:self was not asked for";
        const auto as_access = co_await service.get("/auth/me", text_at(tokens, "/id_token"));
        EXPECT_EQ(as_access.status, 401) << "an ID token is no access token";
    });
}

TEST(Authorization, NeverExceedsTheRoleOfWhoAllows) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        co_await service.sign_up("ada");
        auto request = a_request(app);
        request["scope"] = "images:read users:manage";

        const auto allowed = co_await allow(service, request, "ada");
        const auto redeemed =
            co_await service.form("/oauth/token", encoded(a_redemption(parameter_of(allowed, "code"))), basic(app));

        EXPECT_EQ(text_at(body_of(redeemed), "/scope"), "images:read");
        EXPECT_EQ(body_of(redeemed).as_object().if_contains("id_token"), nullptr) << "openid was not asked for";
    });
}

TEST(Authorization, SendsNobodyToAnAddressThatIsNotRegistered) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        for (const auto* uri : {"https://evil.example/", "https://app.example.org/callback/..", "https://app.example.org",
                                "https://app.example.org/callback?x=1", "javascript:alert(1)"}) {
            auto request = a_request(app);
            request["redirect_uri"] = uri;
            const auto shown = co_await service.get("/oauth/authorize?" + encoded(request));
            const auto decided = co_await allow(service, request, "root");
            EXPECT_EQ(shown.status, 400) << uri;
            EXPECT_EQ(decided.status, 400) << uri;
            EXPECT_FALSE(decided.headers.has("Location"));
        }
        auto request = a_request(app);
        request["client_id"] = "nobody";
        const auto unknown = co_await service.get("/oauth/authorize?" + encoded(request));
        EXPECT_EQ(unknown.status, 400);
    });
}

TEST(Authorization, TellsTheApplicationWhatIsWrongWithItsRequest) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        const std::vector<std::array<std::string, 3>> cases{{"response_type", "token", "unsupported_response_type"},
                                                            {"scope", "images:write", "invalid_scope"},
                                                            {"code_challenge_method", "plain", "invalid_request"},
                                                            {"code_challenge", "", "invalid_request"},
                                                            {"prompt", "none", "login_required"},
                                                            {"request", "x", "request_not_supported"}};
        for (const auto& [name, value, error] : cases) {
            auto request = a_request(app);
            request[name] = value;
            const auto answer = co_await service.get("/oauth/authorize?" + encoded(request));
            EXPECT_EQ(answer.status, 303) << name;
            EXPECT_EQ(parameter_of(answer, "error"), error);
            EXPECT_EQ(parameter_of(answer, "state"), "s&1");
        }
        auto denied = a_request(app);
        denied["decision"] = "deny";
        const auto cancelled = co_await service.form("/oauth/authorize", encoded(denied));
        EXPECT_EQ(parameter_of(cancelled, "error"), "access_denied");
        auto wrong = a_request(app);
        wrong["email"] = "\"><script>";
        wrong["password"] = "wrong password";
        wrong["decision"] = "allow";
        const auto refused = co_await service.form("/oauth/authorize", encoded(wrong));
        EXPECT_EQ(refused.status, 422);
        EXPECT_EQ(refused.body.find("<script>"), std::string::npos);
        EXPECT_EQ(refused.body.find("wrong password"), std::string::npos);
    });
}

TEST(AuthorizationCode, IsGoodOnceForItsClientItsAddressAndItsVerifier) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        const auto thief = co_await an_app(service, admin);
        co_await service.sign_up("ada");
        const auto allowed = co_await allow(service, a_request(app), "ada");
        const auto code = parameter_of(allowed, "code");
        auto wrong_verifier = a_redemption(code);
        wrong_verifier["code_verifier"] = std::string(43, 'x');
        auto wrong_address = a_redemption(code);
        wrong_address["redirect_uri"] = "https://app.example.org/other";

        const auto stolen = co_await service.form("/oauth/token", encoded(a_redemption(code)), basic(thief));
        const auto guessed = co_await service.form("/oauth/token", encoded(wrong_verifier), basic(app));
        const auto misdirected = co_await service.form("/oauth/token", encoded(wrong_address), basic(app));
        const auto anonymous = co_await service.form("/oauth/token", encoded(a_redemption(code)));
        const auto redeemed = co_await service.form("/oauth/token", encoded(a_redemption(code)), basic(app));
        const auto access = text_at(body_of(redeemed), "/access_token");
        const auto before = co_await service.get("/oauth/userinfo", access);
        const auto again = co_await service.form("/oauth/token", encoded(a_redemption(code)), basic(app));
        const auto after = co_await service.get("/oauth/userinfo", access);

        for (const auto& refused : {stolen, guessed, misdirected, again}) {
            EXPECT_EQ(refused.status, 400);
            EXPECT_EQ(text_at(body_of(refused), "/error"), "invalid_grant");
        }
        EXPECT_EQ(anonymous.status, 401);
        EXPECT_EQ(text_at(body_of(anonymous), "/error"), "invalid_client");
        EXPECT_EQ(redeemed.status, 200);
        EXPECT_EQ(before.status, 200);
        EXPECT_EQ(after.status, 401) << "a code used twice ends what it was traded for";
        service.query("UPDATE auth.authorization_codes SET session_id = NULL, redeemed_at = NULL, expires_at = now()");
        const auto late = co_await service.form("/oauth/token", encoded(a_redemption(code)), basic(app));
        EXPECT_EQ(late.status, 400);
    });
}

}  // namespace
}  // namespace darkroom::accounts
