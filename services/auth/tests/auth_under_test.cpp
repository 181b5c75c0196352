#include "services/auth/tests/auth_under_test.hpp"

#include "platform/auth/key_material.hpp"
#include "platform/bus/outbox.hpp"

#include <stdlib.h>

#include <fstream>

namespace darkroom::accounts {

namespace {

/// One for the whole program: nothing in it outlives a test but keys that name random sessions.
testing::RedisServer& shared_redis() {
    static testing::RedisServer server;
    return server;
}

void write_signing_key(const std::filesystem::path& path) {
    std::ofstream(path) << auth::KeyMaterial::generate(auth::Algorithm::EdDSA).private_pem();
}

std::filesystem::path a_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "darkroom-auth-XXXXXX").string();
    testing::require(mkdtemp(name.data()) != nullptr, "a temporary directory");
    return name;
}

}  // namespace

testing::PgDatabase an_auth_database() {
    return testing::PgDatabase("auth", {bus::migrations(), migrations()});
}

void SelfVerifier::attach(Runtime& runtime, testing::TestService& service) {
    auto& host = service.host();
    auth::VerifierOptions options{.auth = service.origin(), .service = "auth-service"};
    verifier_ = std::make_unique<auth::TokenVerifier>(runtime, host.client, host.revocations, std::move(options));
    activity_ = std::make_unique<auth::SessionActivity>(host.redis);
    verifier_->note_use_in(*activity_);
}

awaitable<auth::Caller> SelfVerifier::authenticate(const http::RequestHead& request, bool token_in_query) {
    const auto token = auth::bearer_token(request, token_in_query);
    if (!token) co_return auth::Caller{};
    if (token->starts_with("service:")) co_return testing::FakeAuthenticator::caller_of(*token);
    auto caller = co_await verifier_->authenticate(request, token_in_query);
    activity_->write();
    co_return caller;
}

AuthUnderTest::AuthUnderTest(Runtime& runtime, testing::PgDatabase& database, std::string redis_url, Milliseconds purge_after,
                             const std::function<void(Config&)>& adjust)
    : database_(database), directory_(a_directory()) {
    write_signing_key(directory_ / "key.pem");
    std::ofstream(directory_ / "clients.json")
        << R"({"image-service": "image-service-secret", "darkroom-cli": "darkroom-cli: a&b secret"})";
    std::ofstream(directory_ / "encryption-key") << "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n";
    Config config{.database_url = Secret(database.url()),
                  .signing_key_file = (directory_ / "key.pem").string(),
                  .clients_file = (directory_ / "clients.json").string(),
                  .bcrypt_cost = 10,
                  .access_token_life = 900s,
                  .refresh_token_life = 720h,
                  .setup_link_life = 24h,
                  .public_url = "http://gateway.test",
                  .purge_after = purge_after,
                  // Nobody: mails stay where a test can read them.
                  .notifications = http::Origin::parse_list("http://127.0.0.1:1").value(),
                  .encryption_key_file = (directory_ / "encryption-key").string()};
    if (adjust) adjust(config);
    if (redis_url.empty()) redis_url = shared_redis().url();
    const auto build = [config](ServiceHost& host) { return make_app(host, config); };
    service_ = std::make_unique<testing::TestService>(
        runtime,
        testing::TestServiceOptions{.name = "auth-service", .redis_url = std::move(redis_url), .authenticator = &verifier_},
        build);
    verifier_.attach(runtime, *service_);
}

AuthUnderTest::~AuthUnderTest() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

awaitable<http::ClientResponse> AuthUnderTest::get(std::string target, std::string token) {
    testing::TestRequest request{.target = std::move(target), .token = std::move(token)};
    co_return co_await service_->send(std::move(request));
}

awaitable<http::ClientResponse> AuthUnderTest::post(std::string target, json::Value body, std::string token,
                                                    http::Headers headers) {
    testing::TestRequest request{
        .verb = http::Verb::post, .target = std::move(target), .token = std::move(token), .headers = std::move(headers)};
    if (!body.is_null()) request.body = json::serialize(body);
    co_return co_await service_->send(std::move(request));
}

awaitable<http::ClientResponse> AuthUnderTest::put(std::string target, json::Value body, std::string token) {
    testing::TestRequest request{
        .verb = http::Verb::put, .target = std::move(target), .token = std::move(token), .body = json::serialize(body)};
    co_return co_await service_->send(std::move(request));
}

awaitable<http::ClientResponse> AuthUnderTest::del(std::string target, std::string token) {
    testing::TestRequest request{.verb = http::Verb::del, .target = std::move(target), .token = std::move(token)};
    co_return co_await service_->send(std::move(request));
}

awaitable<http::ClientResponse> AuthUnderTest::form(std::string target, std::string body, http::Headers headers) {
    headers.set("Content-Type", "application/x-www-form-urlencoded");
    testing::TestRequest request{
        .verb = http::Verb::post, .target = std::move(target), .body = std::move(body), .headers = std::move(headers)};
    co_return co_await service_->send(std::move(request));
}

awaitable<Tokens> AuthUnderTest::sign_up(std::string name) {
    const json::Object account{{"email", name + "@example.com"}, {"username", name}, {"password", password}};
    const auto response = co_await post("/auth/register", account);
    testing::data_of(response);
    co_return co_await sign_in(name);
}

awaitable<Tokens> AuthUnderTest::sign_in(std::string email_or_username, http::Headers headers) {
    const json::Object login{{"email", email_or_username}, {"password", password}};
    const auto response = co_await post("/auth/login", login, {}, std::move(headers));
    const auto data = testing::data_of(response);
    co_return Tokens{text_at(data, "/access_token"), text_at(data, "/refresh_token"), text_at(data, "/user/id")};
}

std::string AuthUnderTest::events() {
    return database_.query("SELECT string_agg(type, ',' ORDER BY sequence) FROM auth.outbox");
}

void with_service(awaitable<> (*test)(AuthUnderTest& service), const std::function<void(Config&)>& adjust) {
    auto database = an_auth_database();
    const auto story = [](Runtime& runtime, testing::PgDatabase& db, awaitable<> (*body)(AuthUnderTest&),
                          const std::function<void(Config&)>& change) -> awaitable<> {
        AuthUnderTest service(runtime, db, {}, 0ms, change);
        co_await body(service);
        co_await service.stop();
    };
    testing::run(story, database, test, adjust);
}

std::string text_at(const json::Value& value, std::string_view pointer) {
    const auto& found = value.at_pointer(boost::json::string_view(pointer.data(), pointer.size()));
    return std::string(json::view(found.as_string()));
}

json::Value body_of(const http::ClientResponse& response) {
    return json::parse(response.body).value();
}

}  // namespace darkroom::accounts
