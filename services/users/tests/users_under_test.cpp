#include "services/users/tests/users_under_test.hpp"

#include "platform/bus/outbox.hpp"

namespace darkroom::users {

namespace {

BuildApplication build_on(const testing::PgDatabase& database, const Neighbours& neighbours) {
    const auto origin = http::Origin::parse(neighbours.url()).value();
    const Config config{Secret(database.url()), {}, origin, origin};
    return [config](ServiceHost& host) { return make_app(host, config); };
}

}  // namespace

testing::PgDatabase a_users_database() {
    return testing::PgDatabase("users", {bus::migrations(), migrations()});
}

UsersUnderTest::UsersUnderTest(Runtime& runtime, testing::PgDatabase& database, const Neighbours& neighbours,
                               std::string redis_url)
    : service_(runtime,
               {.name = "user-service",
                .redis_url = std::move(redis_url),
                .events_url = neighbours.url(),
                .auth_url = neighbours.url()},
               build_on(database, neighbours)) {}

awaitable<http::ClientResponse> UsersUnderTest::get(std::string target, std::string token, http::Headers headers) {
    testing::TestRequest request{.target = std::move(target), .token = std::move(token), .headers = std::move(headers)};
    co_return co_await service_.send(std::move(request));
}

awaitable<http::ClientResponse> UsersUnderTest::put(std::string target, json::Object body, std::string token,
                                                    http::Headers headers) {
    testing::TestRequest request{.verb = http::Verb::put,
                                 .target = std::move(target),
                                 .token = std::move(token),
                                 .body = json::serialize(body),
                                 .headers = std::move(headers)};
    co_return co_await service_.send(std::move(request));
}

awaitable<http::ClientResponse> UsersUnderTest::post(std::string target, json::Object body, std::string token,
                                                     http::Headers headers) {
    testing::TestRequest request{.verb = http::Verb::post,
                                 .target = std::move(target),
                                 .token = std::move(token),
                                 .body = json::serialize(body),
                                 .headers = std::move(headers)};
    co_return co_await service_.send(std::move(request));
}

awaitable<http::ClientResponse> UsersUnderTest::del(std::string target, std::string token, http::Headers headers) {
    testing::TestRequest request{
        .verb = http::Verb::del, .target = std::move(target), .token = std::move(token), .headers = std::move(headers)};
    co_return co_await service_.send(std::move(request));
}

awaitable<http::ClientResponse> UsersUnderTest::patch(std::string target, json::Object body, std::string token) {
    testing::TestRequest request{
        .verb = http::Verb::patch, .target = std::move(target), .token = std::move(token), .body = json::serialize(body)};
    co_return co_await service_.send(std::move(request));
}

std::string text_at(const json::Value& value, std::string_view pointer) {
    const auto& found = value.at_pointer(boost::json::string_view(pointer.data(), pointer.size()));
    return std::string(json::view(found.as_string()));
}

json::Value body_of(const http::ClientResponse& response) {
    return json::parse(response.body).value();
}

}  // namespace darkroom::users
