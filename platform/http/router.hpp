// From an Exchange to a row of the endpoint table and back: matching, caller, access, decoding, errors, metrics, correlation.
#pragma once

#include "platform/http/client_address.hpp"
#include "platform/http/endpoints.hpp"
#include "platform/http/exchange.hpp"

namespace darkroom::telemetry {
class Metrics;
}

namespace darkroom::http {

/// Who verifies credentials; auth::TokenVerifier in production.
class Authenticator {
public:
    virtual ~Authenticator() = default;
    /// The caller for a request's credentials (Authorization: Bearer, or ?token= when `token_in_query`); anonymous when it
    /// brings none. Throws Failure unauthenticated ("invalid_token") for a bad one, unavailable when keys cannot be had.
    virtual awaitable<auth::Caller> authenticate(const RequestHead& request, bool token_in_query) = 0;
};

/// Order of answers for a path: 404 unknown; 401 when every verb of the path needs a token and the request has none or a bad
/// one; 405 with Allow; access check 401/403; then 422 and the handler. A bad token on an open endpoint counts as none.
/// "/users/me" wins over "/users/{id}". HEAD is GET without the body; OPTIONS answers 204 with Allow.
class Router : public Handler {
public:
    Router(Authenticator& authenticator, telemetry::Metrics& metrics);
    ~Router() override;

    /// `api` must outlive the router.
    void add(const std::vector<Endpoint>& rows, void* api);
    template <class Api>
    void add(const Endpoints<Api>& table, Api& api) {
        add(table.rows(), &api);
    }

    /// Whose X-Forwarded-For says who the client is (`Context::client_address`); nobody's unless told.
    void trust(Networks proxies);

    awaitable<> handle(Exchange& exchange) override;
    /// WebSockets and other long answers that `drain` must end; closes them with 1001.
    void close_sockets();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace darkroom::http
