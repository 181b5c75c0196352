// One service in the test's own process: its real Application behind a real HTTP server on a free port, with a
// FakeAuthenticator.
#pragma once

#include "platform/http/server.hpp"
#include "platform/service/service.hpp"
#include "platform/service/system_api.hpp"
#include "platform/testing/fake_authenticator.hpp"

#include <memory>
#include <string>

namespace darkroom::testing {

struct TestServiceOptions {
    std::string name;
    /// unix:///… or redis://…; a place where nobody listens is fine: Redis is optional everywhere.
    std::string redis_url;
    /// Where the bus is; nobody by default, so that outboxes keep what they have.
    std::string events_url = "http://127.0.0.1:1";
    std::string auth_url = "http://127.0.0.1:1";
    /// Instead of the FakeAuthenticator; must outlive the service.
    http::Authenticator* authenticator = nullptr;
};

struct TestRequest {
    http::Verb verb = http::Verb::get;
    std::string target;
    /// See FakeAuthenticator; empty: none.
    std::string token{};
    /// Sent as application/json unless `headers` has a Content-Type.
    std::string body{};
    http::Headers headers{};
};

/// Must outlive no runtime it was given. `start` in the constructor, `stop` (awaited) before the runtime ends.
class TestService {
public:
    TestService(Runtime& runtime, TestServiceOptions options, const BuildApplication& build);
    ~TestService();
    TestService(const TestService&) = delete;
    TestService& operator=(const TestService&) = delete;

    awaitable<http::ClientResponse> send(TestRequest request);
    http::Origin origin() const;
    Application& application() { return *application_; }
    ServiceHost& host() { return host_; }
    awaitable<> stop();

private:
    Runtime& runtime_;
    redis::Url redis_url_;
    telemetry::Metrics metrics_;
    HealthChecks health_;
    http::Client client_;
    auth::ServiceTokens tokens_;
    auth::Revocations revocations_;
    FakeAuthenticator fake_authenticator_;
    http::Authenticator& authenticator_;
    redis::Client redis_;
    ServiceHost host_;
    http::Router router_;
    SystemApi system_api_;
    std::unique_ptr<Application> application_;
    std::unique_ptr<http::Server> server_;
};

/// The `data` of a successful answer; std::runtime_error naming status and body otherwise.
json::Value data_of(const http::ClientResponse& response);

}  // namespace darkroom::testing
