// What an application has in hand: renewing, asking about, revoking.
#include "services/auth/tests/oauth_app.hpp"

namespace darkroom::accounts {
namespace {

TEST(OauthRefresh, RotatesAndEndsTheSessionWhenATokenIsUsedTwice) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        const auto other = co_await an_app(service, admin);
        const auto ada = co_await service.sign_up("ada");
        const auto tokens = co_await tokens_for(service, app, "ada");
        const Parameters request{{"grant_type", "refresh_token"}, {"refresh_token", text_at(tokens, "/refresh_token")}};

        const auto by_other = co_await service.form("/oauth/token", encoded(request), basic(other));
        const json::Object body{{"refresh_token", text_at(tokens, "/refresh_token")}};
        const auto as_person = co_await service.post("/auth/refresh", body);
        const Parameters of_person{{"grant_type", "refresh_token"}, {"refresh_token", ada.refresh}};
        const auto persons_own = co_await service.form("/oauth/token", encoded(of_person), basic(app));
        const auto renewed = co_await service.form("/oauth/token", encoded(request), basic(app));
        const auto reused = co_await service.form("/oauth/token", encoded(request), basic(app));
        const auto info = co_await service.get("/oauth/userinfo", text_at(body_of(renewed), "/access_token"));
        const auto me = co_await service.get("/auth/me", ada.access);

        EXPECT_EQ(by_other.status, 400);
        EXPECT_EQ(as_person.status, 401);
        EXPECT_EQ(persons_own.status, 400);
        EXPECT_EQ(renewed.status, 200) << renewed.body;
        EXPECT_EQ(text_at(body_of(renewed), "/scope"), "email images:read openid");
        EXPECT_EQ(reused.status, 400);
        EXPECT_EQ(info.status, 401);
        EXPECT_EQ(me.status, 200) << "the person's own session goes on";
    });
}

TEST(OauthPublicClient, HasNoSecretAndNeedsItsProofKey) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin, {{"confidential", false}});
        EXPECT_TRUE(app.secret.empty());
        co_await service.sign_up("ada");
        const auto allowed = co_await allow(service, a_request(app), "ada");
        auto redemption = a_redemption(parameter_of(allowed, "code"));
        redemption["client_id"] = app.id;
        auto without = redemption;
        without.erase("code_verifier");

        const auto unproven = co_await service.form("/oauth/token", encoded(without));
        const auto redeemed = co_await service.form("/oauth/token", encoded(redemption));
        const Parameters question{{"token", text_at(body_of(redeemed), "/access_token")}, {"client_id", app.id}};
        const auto introspected = co_await service.form("/oauth/introspect", encoded(question));

        EXPECT_EQ(text_at(body_of(unproven), "/error"), "invalid_request");
        EXPECT_EQ(redeemed.status, 200) << redeemed.body;
        EXPECT_EQ(introspected.status, 401) << "who cannot prove who they are learn nothing of tokens";
    });
}

TEST(OauthClientCredentials, GiveAProgramItsOwnScopesAndNoProfile) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const json::Object robot{{"redirect_uris", json::Array{}},
                                 {"grant_types", {"client_credentials"}},
                                 {"scopes", {"images:read", "users:self"}}};
        const auto app = co_await an_app(service, admin, robot);
        const Parameters request{{"grant_type", "client_credentials"}};
        const Parameters too_much{{"grant_type", "client_credentials"}, {"scope", "users:manage"}};

        const auto issued = co_await service.form("/oauth/token", encoded(request), basic(app));
        const auto refused = co_await service.form("/oauth/token", encoded(too_much), basic(app));
        const auto token = text_at(body_of(issued), "/access_token");
        const auto question = encoded({{"token", token}});
        const auto active = co_await service.form("/oauth/introspect", question, basic(app));
        const auto removed = co_await service.del("/oauth/clients/" + app.id, admin);
        const auto keys = co_await service.get("/auth/api-keys", token);

        EXPECT_EQ(text_at(body_of(issued), "/scope"), "images:read");
        EXPECT_EQ(text_at(body_of(refused), "/error"), "invalid_scope");
        EXPECT_EQ(body_of(active).at("active"), json::Value(true)) << active.body;
        EXPECT_EQ(removed.status, 200);
        EXPECT_EQ(keys.status, 401) << "ended with its client";
    });
}

TEST(Introspection, SaysWhatATokenIsGoodForWhileItIs) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        const auto other = co_await an_app(service, admin);
        co_await service.sign_up("ada");
        const auto tokens = co_await tokens_for(service, app, "ada");
        const auto access = encoded({{"token", text_at(tokens, "/access_token")}});
        const auto renewal = encoded({{"token", text_at(tokens, "/refresh_token")}});

        const auto of_access = co_await service.form("/oauth/introspect", access, basic(app));
        const auto of_renewal = co_await service.form("/oauth/introspect", renewal, basic(app));
        const auto by_other = co_await service.form("/oauth/introspect", renewal, basic(other));
        const auto of_nonsense = co_await service.form("/oauth/introspect", "token=nonsense", basic(app));
        const auto revoked_by_other = co_await service.form("/oauth/revoke", access, basic(other));
        const auto still = co_await service.form("/oauth/introspect", access, basic(app));
        const auto revoked = co_await service.form("/oauth/revoke", renewal, basic(app));
        const auto after = co_await service.form("/oauth/introspect", access, basic(app));

        EXPECT_EQ(body_of(of_access).at("active"), json::Value(true));
        EXPECT_EQ(text_at(body_of(of_access), "/client_id"), app.id);
        EXPECT_EQ(text_at(body_of(of_access), "/scope"), "email images:read openid");
        EXPECT_EQ(text_at(body_of(of_renewal), "/token_type"), "refresh_token");
        EXPECT_EQ(body_of(by_other).at("active"), json::Value(false));
        EXPECT_EQ(of_nonsense.status, 200);
        EXPECT_EQ(body_of(of_nonsense).at("active"), json::Value(false));
        EXPECT_EQ(revoked_by_other.status, 200) << "RFC 7009: says nothing";
        EXPECT_EQ(body_of(still).at("active"), json::Value(true));
        EXPECT_EQ(revoked.status, 200);
        EXPECT_EQ(json::serialize(body_of(after)), R"({"active":false})");
    });
}

TEST(OauthClients, TakeEverythingAlongWhenTheyAreRemoved) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto admin = co_await an_admin(service);
        const auto app = co_await an_app(service, admin);
        co_await service.sign_up("ada");
        const auto tokens = co_await tokens_for(service, app, "ada");

        const auto removed = co_await service.del("/oauth/clients/" + app.id, admin);
        const auto info = co_await service.get("/oauth/userinfo", text_at(tokens, "/access_token"));
        const auto again = co_await service.del("/oauth/clients/" + app.id, admin);

        EXPECT_EQ(removed.status, 200);
        EXPECT_EQ(info.status, 401);
        EXPECT_EQ(again.status, 404);
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.sessions WHERE client_id IS NOT NULL"), "0");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.ended_sessions"), "2") << "the session's and the client's own";
    });
}

TEST(Discovery, NamesWhatThereIs) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto document = co_await service.get("/.well-known/openid-configuration");
        const auto oauth = co_await service.get("/.well-known/oauth-authorization-server");

        const auto body = body_of(document);
        EXPECT_EQ(text_at(body, "/issuer"), "http://gateway.test");
        EXPECT_EQ(text_at(body, "/token_endpoint"), "http://gateway.test/oauth/token");
        EXPECT_EQ(json::serialize(body.at("code_challenge_methods_supported")), R"(["S256"])");
        EXPECT_EQ(json::serialize(body_of(oauth)), json::serialize(body));
    });
}

}  // namespace
}  // namespace darkroom::accounts
