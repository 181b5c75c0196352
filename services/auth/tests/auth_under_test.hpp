// auth-service in the test's own process, with real tokens, PostgreSQL and Redis.
#pragma once

#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"
#include "platform/testing/test_service.hpp"
#include "services/auth/app.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace darkroom::accounts {

/// A private, migrated database.
testing::PgDatabase an_auth_database();

/// What a person gets who signs in.
struct Tokens {
    std::string access;
    std::string refresh;
    std::string user_id;
};

/// People's tokens are verified as in production, against the service's own keys, and their use goes to Redis at once;
/// "service:<name>" stands for a service.
class SelfVerifier : public http::Authenticator {
public:
    void attach(Runtime& runtime, testing::TestService& service);
    awaitable<auth::Caller> authenticate(const http::RequestHead& request, bool token_in_query) override;

private:
    std::unique_ptr<auth::SessionActivity> activity_;
    std::unique_ptr<auth::TokenVerifier> verifier_;
};

class AuthUnderTest {
public:
    /// Without `redis_url` all tests of the program share one server.
    AuthUnderTest(Runtime& runtime, testing::PgDatabase& database, std::string redis_url = {}, Milliseconds purge_after = 0ms,
                  const std::function<void(Config&)>& adjust = {});
    ~AuthUnderTest();
    AuthUnderTest(const AuthUnderTest&) = delete;
    AuthUnderTest& operator=(const AuthUnderTest&) = delete;

    awaitable<http::ClientResponse> get(std::string target, std::string token = {});
    /// Null: no body at all.
    awaitable<http::ClientResponse> post(std::string target, json::Value body, std::string token = {},
                                         http::Headers headers = {});
    awaitable<http::ClientResponse> put(std::string target, json::Value body, std::string token);
    awaitable<http::ClientResponse> del(std::string target, std::string token);
    awaitable<http::ClientResponse> form(std::string target, std::string body, http::Headers headers = {});

    /// Registers <name>@example.com with `password` and signs in.
    awaitable<Tokens> sign_up(std::string name);
    awaitable<Tokens> sign_in(std::string email_or_username, http::Headers headers = {});
    /// Types of the events promised so far, in order: "user.created,user.login".
    std::string events();

    /// One value, as in testing::PgDatabase.
    std::string query(const std::string& sql) { return database_.query(sql); }

    ServiceHost& host() { return service_->host(); }
    awaitable<> stop() { return service_->stop(); }

    static constexpr const char* password = "correct horse";

private:
    testing::PgDatabase& database_;
    std::filesystem::path directory_;
    SelfVerifier verifier_;
    std::unique_ptr<testing::TestService> service_;
};

/// The frame of a test: the service on a private database, until `test` returns.
void with_service(awaitable<> (*test)(AuthUnderTest& service), const std::function<void(Config&)>& adjust = {});

std::string text_at(const json::Value& value, std::string_view pointer);
/// The whole answer as JSON.
json::Value body_of(const http::ClientResponse& response);

}  // namespace darkroom::accounts
