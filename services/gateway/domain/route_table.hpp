// Which path belongs to which service. Read once from TOML (routes.toml); immutable afterwards.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/http/message.hpp"
#include "services/gateway/domain/json_changes.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::gateway {

/// Headers that the configuration adds to a message or takes away, after the gateway's own rules.
struct HeaderChanges {
    std::vector<std::pair<std::string, std::string>> set{};
    std::vector<std::string> remove{};

    void apply(http::Headers& headers) const;
};

struct Route {
    /// The path itself and everything below it, by whole segments: "/users" takes "/users/me" and not "/usersX".
    std::string prefix;
    /// Service name: "user-service".
    std::string upstream;
    /// A handshake may pass; the token may then come as ?token=.
    bool websocket = false;
    /// Every path below needs a token, whatever the OpenAPI documents say. They do not describe WebSockets well enough.
    bool token_required = false;
    /// Only users with one of these roles may pass; empty: every role.
    std::vector<auth::Role> roles{};
    /// Only users with this permission may pass; empty: none is needed.
    std::string permission{};
    /// What the upstream calls `prefix`; empty: the same.
    std::string rewrite{};
    HeaderChanges request_headers{};
    HeaderChanges response_headers{};
    /// In bodies whose Content-Type is JSON; a route with either holds those bodies.
    JsonChanges request_json{};
    JsonChanges response_json{};
    /// Larger bodies are refused before they are read.
    std::uint64_t body_limit = 1024 * 1024;
};

/// Changes the head for the route's upstream as the configuration says; `request` is what the client sent.
void rewrite_for(const Route& route, const http::RequestHead& request, http::RequestHead& head);

/// Whether the route asks for a role or a permission, and so for a caller that the gateway itself knows.
bool is_restricted(const Route& route);

/// Throws Failure: 401 `unauthenticated` without a caller, 403 `forbidden` without the route's role or permission. Services
/// pass: the upstream decides about them.
void check_restrictions(const Route& route, const auth::Caller& caller);

class RouteTable {
public:
    /// Every problem of the text is named in one Error.
    static Result<RouteTable> parse(std::string_view toml);

    /// The route with the longest matching prefix; nullptr when nobody serves the path. `path` is canonical
    /// (RequestHead::path).
    const Route* find(std::string_view path) const;
    const std::vector<Route>& routes() const { return routes_; }
    /// The names of all upstreams, sorted.
    std::vector<std::string> upstreams() const;

private:
    std::vector<Route> routes_;  // longest prefix first
};

/// True for /internal and below: calls between services, never for clients.
bool is_internal_path(std::string_view path);

}  // namespace darkroom::gateway
