// Sign-up and sign-in over HTTP on a real database.
#include "services/auth/tests/auth_under_test.hpp"

namespace darkroom::accounts {
namespace {

void expect_refused(const http::ClientResponse& response, std::string_view field, std::string_view message) {
    EXPECT_EQ(response.status, 422) << response.body;
    EXPECT_EQ(text_at(body_of(response), "/errors/0/field"), field);
    EXPECT_EQ(text_at(body_of(response), "/errors/0/message"), message);
}

void refuse_guessable(Config& config) {
    config.refuse_guessable_passwords = true;
}

TEST(WeakPassword, IsTheOwnersChoiceUnlessTheOperatorRefusesIt) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const json::Object grace{{"email", "hopper@example.com"}, {"username", "grace"}, {"password", "password123"}};

        const auto response = co_await service.post("/auth/register", grace);

        EXPECT_EQ(response.status, 200);
    });
}

TEST(WeakPassword, IsThenRefusedWhereverOneIsChosen) {
    const auto body = [](AuthUnderTest& service) -> awaitable<> {
        constexpr auto common = "is one of the passwords that are tried first";
        constexpr auto personal = "must be more than the username with little else";
        json::Object grace{{"email", "hopper@example.com"}, {"username", "grace"}, {"password", "Password123"}};

        const auto first = co_await service.post("/auth/register", grace);
        grace["password"] = "Grace1906";
        const auto named = co_await service.post("/auth/register", grace);
        grace["password"] = "hopper1906";
        const auto mailed = co_await service.post("/auth/register", grace);
        grace["password"] = AuthUnderTest::password;
        const auto good = co_await service.post("/auth/register", grace);
        const auto tokens = co_await service.sign_in("grace");
        json::Object change{{"old_password", service.password}, {"new_password", "qwertyuiop"}};
        const auto changed = co_await service.post("/auth/password/change", change, tokens.access);
        change["new_password"] = "grace1906";
        const auto changed_to_name = co_await service.post("/auth/password/change", change, tokens.access);
        json::Object other{{"id", "hand-made"}, {"email", "x@example.com"}, {"username", "alan"}, {"password", "alan.alan.1"}};
        const auto made = co_await service.post("/internal/accounts", other, "service:user-service");

        expect_refused(first, "password", common);
        expect_refused(named, "password", personal);
        expect_refused(mailed, "password", "must be more than the e-mail address with little else");
        EXPECT_EQ(good.status, 200);
        expect_refused(changed, "new_password", common);
        expect_refused(changed_to_name, "new_password", personal);
        expect_refused(made, "password", personal);
    };
    with_service(body, &refuse_guessable);
}

TEST(Registration, CreatesAnAccountAndPromisesItsEvent) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const json::Object account{
            {"email", "Ada@Example.com"}, {"username", "ada"}, {"password", "correct horse"}, {"full_name", " Ada Lovelace "}};

        const auto response = co_await service.post("/auth/register", account);

        EXPECT_EQ(response.status, 200);
        const auto user = testing::data_of(response);
        EXPECT_EQ(text_at(user, "/email"), "Ada@Example.com");
        EXPECT_EQ(text_at(user, "/full_name"), "Ada Lovelace");
        EXPECT_EQ(text_at(user, "/role"), "user");
        EXPECT_EQ(text_at(user, "/status"), "active");
        EXPECT_TRUE(user.at("last_login").is_null());
        EXPECT_TRUE(is_uuid(text_at(user, "/id")));
        EXPECT_EQ(response.body.find("password"), std::string::npos);
        EXPECT_EQ(service.events(), "user.created");
        EXPECT_TRUE(service.query("SELECT password_hash FROM auth.accounts").starts_with("$2b$10$"));
    });
}

TEST(Registration, NamesEveryBadFieldAtOnce) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const json::Object account{{"email", "ada"}, {"username", "a b"}, {"password", "short"}, {"admin", true}};

        const auto response = co_await service.post("/auth/register", account);

        EXPECT_EQ(response.status, 422);
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        std::string fields;
        const auto problem = body_of(response);
        for (const auto& error : problem.at("errors").as_array()) fields += text_at(error, "/field") + ' ';
        EXPECT_EQ(fields, "email username password admin ");
        const auto empty = co_await service.post("/auth/register", json::Object{});
        EXPECT_EQ(body_of(empty).at("errors").as_array().size(), 3U);
    });
}

TEST(Registration, EmailAndUsernameAreTakenInAnyCase) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");
        const json::Object same_email{{"email", "ADA@example.COM"}, {"username", "other"}, {"password", "correct horse"}};
        const json::Object same_name{{"email", "other@example.com"}, {"username", "ADA"}, {"password", "correct horse"}};

        const auto email = co_await service.post("/auth/register", same_email);
        const auto username = co_await service.post("/auth/register", same_name);

        EXPECT_EQ(email.status, 409);
        EXPECT_EQ(text_at(body_of(email), "/code"), "email_taken");
        EXPECT_EQ(text_at(body_of(email), "/errors/0/field"), "email");
        EXPECT_EQ(username.status, 409);
        EXPECT_EQ(text_at(body_of(username), "/code"), "username_taken");
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.accounts"), "1");
    });
}

TEST(Login, TakesEmailOrUsernameAndStartsASession) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");

        const json::Object login{{"email", "ADA@EXAMPLE.COM"}, {"password", "correct horse"}};
        const auto response = co_await service.post("/auth/login", login);

        const auto data = testing::data_of(response);
        EXPECT_EQ(text_at(data, "/token_type"), "bearer");
        EXPECT_EQ(data.at("expires_in").as_int64(), 900);
        EXPECT_EQ(text_at(data, "/user/username"), "ada");
        EXPECT_TRUE(data.at_pointer("/user/last_login").is_string());
        EXPECT_EQ(service.events(), "user.created,user.login,user.login");
        const auto me = co_await service.get("/auth/me", text_at(data, "/access_token"));
        EXPECT_EQ(text_at(testing::data_of(me), "/email"), "ada@example.com");
        // Only hashes are kept.
        EXPECT_EQ(service.query("SELECT count(*) FROM auth.refresh_tokens WHERE token_hash = '" +
                                text_at(data, "/refresh_token") + "'"),
                  "0");
    });
}

TEST(Login, AnswersAWrongEmailAndAWrongPasswordAlike) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");
        const json::Object wrong_password{{"email", "ada@example.com"}, {"password", "wrong horse"}};
        const json::Object wrong_email{{"email", "nobody@example.com"}, {"password", "correct horse"}};

        const auto password = co_await service.post("/auth/login", wrong_password);
        const auto email = co_await service.post("/auth/login", wrong_email);

        EXPECT_EQ(password.status, 401);
        EXPECT_EQ(email.status, 401);
        EXPECT_EQ(text_at(body_of(password), "/code"), "invalid_credentials");
        EXPECT_EQ(text_at(body_of(password), "/detail"), text_at(body_of(email), "/detail"));
        EXPECT_EQ(password.headers.get("WWW-Authenticate"), "Bearer");
    });
}

TEST(Login, TellsASuspensionOnlyToWhoKnowsThePassword) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");
        service.query("UPDATE auth.accounts SET status = 'suspended'");
        const json::Object right{{"email", "ada"}, {"password", "correct horse"}};
        const json::Object wrong{{"email", "ada"}, {"password", "wrong horse"}};

        const auto known = co_await service.post("/auth/login", right);
        const auto unknown = co_await service.post("/auth/login", wrong);

        EXPECT_EQ(known.status, 403);
        EXPECT_EQ(text_at(body_of(known), "/code"), "account_suspended");
        EXPECT_EQ(unknown.status, 401);
    });
}

TEST(PasswordGrant, SpeaksRfc6749) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        co_await service.sign_up("ada");

        const auto good = co_await service.form("/auth/token", "grant_type=password&username=ada&password=correct+horse");
        const auto wrong = co_await service.form("/auth/token", "grant_type=password&username=ada&password=x");
        const auto other = co_await service.form("/auth/token", "grant_type=implicit");

        EXPECT_EQ(good.status, 200);
        EXPECT_EQ(good.headers.get("Cache-Control"), "no-store");
        EXPECT_EQ(text_at(body_of(good), "/token_type"), "bearer");
        EXPECT_FALSE(text_at(body_of(good), "/access_token").empty());
        EXPECT_EQ(wrong.status, 400);
        EXPECT_EQ(text_at(body_of(wrong), "/error"), "invalid_grant");
        EXPECT_EQ(other.status, 400);
        EXPECT_EQ(text_at(body_of(other), "/error"), "unsupported_grant_type");
        const auto garbage = co_await service.form("/auth/token", "grant_type=password&username=%FF&password=x");
        EXPECT_EQ(garbage.status, 400);
    });
}

}  // namespace
}  // namespace darkroom::accounts
