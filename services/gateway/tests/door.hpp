// A gateway on a free port, in the test's own process, with a fake authenticator (tokens "user:<id>:<role>").
#pragma once

#include "platform/http/client.hpp"
#include "platform/http/server.hpp"
#include "platform/service/health.hpp"
#include "platform/testing/fake_authenticator.hpp"
#include "services/gateway/api.hpp"
#include "services/gateway/certificate.hpp"
#include "services/gateway/gateway.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

namespace darkroom::gateway {

/// Variables of the gateway's environment that differ from the defaults.
using Variables = std::map<std::string, std::string, std::less<>>;

/// All upstreams at one address, no limits.
Variables all_at(const std::string& url);

class Door {
public:
    Door(Runtime& runtime, const Variables& variables, const http::ClientOptions& options = {});

    std::uint16_t port() const { return server_.port(); }
    http::Origin origin() const { return {"127.0.0.1", server_.port()}; }
    Gateway& gateway() { return gateway_; }
    /// Of a door that has one.
    Certificate& certificate() { return *certificate_; }
    telemetry::Metrics& metrics() { return metrics_; }
    http::Client& client() { return client_; }
    Executor executor() { return executor_; }
    /// Before it goes: requests in flight refer to it.
    awaitable<> stop(Milliseconds limit = 200ms);

    /// One request from a client of its own.
    awaitable<http::ClientResponse> ask(http::ClientRequest request);
    awaitable<http::ClientResponse> get(std::string target, http::Headers headers = {});

private:
    Executor executor_;
    telemetry::Metrics metrics_;
    Config config_;
    json::Object openapi_;
    AccessPolicy access_;
    http::Client upstream_client_;
    http::Client client_;
    Upstreams upstreams_;
    testing::FakeAuthenticator authenticator_;
    HealthChecks own_health_;
    HealthOfServices health_;
    Api api_;
    http::Router router_;
    Gateway gateway_;
    std::optional<Certificate> certificate_;
    http::Server server_;
};

/// Runs `body(door, upstream)` with a gateway in front of one stub for all services, and takes both down in order.
void with_door(awaitable<> (*body)(Door&, StubUpstream&), const Variables& changes = {},
               const http::ClientOptions& options = {});

}  // namespace darkroom::gateway
