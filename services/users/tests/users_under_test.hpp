// user-service in the test's own process, between stand-ins for its neighbours. Redis is away unless a test brings
// one: everything must work without.
#pragma once

#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"
#include "services/users/app.hpp"
#include "services/users/tests/neighbours.hpp"

#include <gtest/gtest.h>

namespace darkroom::users {

testing::PgDatabase a_users_database();

class UsersUnderTest {
public:
    UsersUnderTest(Runtime& runtime, testing::PgDatabase& database, const Neighbours& neighbours,
                   std::string redis_url = "redis://127.0.0.1:1");

    awaitable<http::ClientResponse> get(std::string target, std::string token, http::Headers headers = {});
    awaitable<http::ClientResponse> put(std::string target, json::Object body, std::string token, http::Headers headers = {});
    awaitable<http::ClientResponse> post(std::string target, json::Object body, std::string token, http::Headers headers = {});
    awaitable<http::ClientResponse> del(std::string target, std::string token, http::Headers headers = {});
    awaitable<http::ClientResponse> patch(std::string target, json::Object body, std::string token);
    awaitable<> stop() { return service_.stop(); }

private:
    testing::TestService service_;
};

std::string text_at(const json::Value& value, std::string_view pointer);
json::Value body_of(const http::ClientResponse& response);

}  // namespace darkroom::users
