#include "services/gateway/gateway.hpp"

#include "platform/auth/access.hpp"
#include "platform/core/log.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/trace.hpp"
#include "platform/http/websocket.hpp"
#include "services/gateway/domain/encryption.hpp"
#include "services/gateway/domain/errors.hpp"

#include <algorithm>
#include <array>

namespace darkroom::gateway {

namespace {

/// Clients whose buckets are remembered; about 150 bytes each.
constexpr std::size_t max_clients = 100'000;

/// What monitors and browsers fetch by themselves. /services/health fans out and is counted.
bool is_free_of_limits(std::string_view path) {
    constexpr std::array<std::string_view, 5> pages{"/health", "/metrics", "/docs", "/openapi.json", "/asyncapi.json"};
    const auto covers = [path](std::string_view page) {
        return path.starts_with(page) && (path.size() == page.size() || path[page.size()] == '/');
    };
    return path == "/" || std::ranges::any_of(pages, covers);
}

std::string limit_key(const auth::Caller& caller, std::string_view address) {
    switch (caller.kind) {
        case auth::CallerKind::user: return "user:" + caller.user_id.text();
        case auth::CallerKind::service: return "service:" + caller.service;
        case auth::CallerKind::anonymous: break;
    }
    return "address:" + http::limit_key_of(address);
}

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system_error) {
        return system_error.code() == net::error::operation_aborted;
    } catch (...) {  // only asks whether it was one
        return false;
    }
}

/// Methods are the client's text; metrics need a bounded set.
std::string_view method_label(const std::string& method) {
    const auto verb = http::verb_from(method);
    return verb ? http::verb_text(*verb) : "OTHER";
}

bool wants_html(const http::RequestHead& request) {
    const bool reads = request.method == "GET" || request.method == "HEAD";
    return reads && request.headers.get("Accept").find("text/html") != std::string_view::npos;
}

}  // namespace

struct Gateway::Visit {
    const http::RequestHead& request;
    CorrelationId correlation_id;
    Forwarded forwarded;
    std::string client;
    const Route* route;
    AccessPolicy::Found access;
    bool is_handshake;
    GatedExchange exchange;
    SteadyClock::time_point began = SteadyClock::now();
    auth::Caller caller{};
    /// Why the credentials were refused; only said where they are needed.
    std::exception_ptr bad_credentials{};
    Passage passage{};
    /// The router counts and logs its pages itself.
    bool recorded_elsewhere = false;

    Visit(http::Exchange& inner, const Config& config, const AccessPolicy& policy)
        : request(inner.request()),
          correlation_id(CorrelationId::accept_or_create(request.headers.get("X-Correlation-ID"))),
          forwarded{.peer = std::string(inner.peer_address()),
                    .peer_trusted = config.trusted_proxies.contains(inner.peer_address()),
                    .encrypted = inner.is_encrypted(),
                    .correlation_id = correlation_id.text(),
                    .traceparent = http::accept_or_create_traceparent(request.headers.get("traceparent"))},
          client(http::client_address(forwarded.peer, request.headers.get("X-Forwarded-For"), config.trusted_proxies)),
          route(config.routes.find(request.path)),
          access(policy.find(request.method, request.path)),
          is_handshake(route != nullptr && route->websocket && http::WebSocket::is_handshake(request)),
          exchange(inner) {
        exchange.add_header("X-Correlation-ID", correlation_id.text());
        config.cors.add_to(exchange.added(), request.headers.get("Origin"));
    }
};

Gateway::Gateway(const Parts& parts, http::Handler& own_pages)
    : config_(parts.config),
      access_(parts.access),
      authenticator_(parts.authenticator),
      metrics_(parts.metrics),
      own_pages_(own_pages),
      proxy_(parts.client, parts.upstreams),
      tunnels_(parts.config.tunnel_idle),
      limits_(max_clients, parts.redis),
      received_bytes_(metrics_.counter("darkroom_gateway_request_body_bytes_total", "Body bytes passed to upstreams.")),
      sent_bytes_(metrics_.counter("darkroom_gateway_response_body_bytes_total", "Body bytes passed to clients.")) {
    metrics_.observe("darkroom_gateway_tunnels", "Open WebSocket tunnels.", {},
                     [this] { return static_cast<double>(tunnels_.size()); });
    metrics_.observe("darkroom_gateway_limited_clients", "Clients whose rate is remembered.", {},
                     [this] { return static_cast<double>(limits_.size()); });
}

awaitable<> Gateway::handle(http::Exchange& inner) {
    Visit visit(inner, config_, access_);
    std::exception_ptr error;
    try {
        co_await serve(visit);
    } catch (...) {  // the translator: problem_from
        error = std::current_exception();
    }
    // A cancelled request (shutdown, client gone) has nobody to answer.
    const bool cancelled = error && is_cancellation(error);
    if (error && !cancelled) co_await conclude(visit, error);
    record(visit);
    if (cancelled) std::rethrow_exception(error);
}

awaitable<> Gateway::conclude(Visit& visit, std::exception_ptr error) {
    if (visit.exchange.started()) {
        log::warning("answer broken off", {{"upstream", visit.route == nullptr ? "" : std::string_view(visit.route->upstream)},
                                           {"correlation_id", visit.correlation_id.text()}});
        visit.exchange.abort();
        co_return;
    }
    auto problem = http::problem_from(std::move(error), visit.correlation_id.text());
    co_await visit.exchange.respond(std::move(problem));
}

awaitable<> Gateway::serve(Visit& visit) {
    const auto& request = visit.request;
    if (config_.tls && !may_come_unencrypted(visit.forwarded, visit.exchange.is_from_this_machine())) {
        constexpr int permanent_redirect = 308;
        auto location = encrypted_location(request).value();
        co_await visit.exchange.respond(http::Response::redirect(std::move(location), permanent_redirect));
        co_return;
    }
    if (CorsPolicy::is_preflight(request)) {
        http::Response permission{.status = 204, .headers = config_.cors.preflight_headers(request)};
        co_await visit.exchange.respond(std::move(permission));
        co_return;
    }
    if (visit.route != nullptr || !is_free_of_limits(request.path)) co_await identify(visit);
    limit(visit);
    if (visit.route != nullptr) {
        co_await serve_routed(visit);
    } else if (request.path == "/" && wants_html(request)) {
        co_await visit.exchange.respond(http::Response::redirect("/docs"));
    } else {
        co_await serve_own_page(visit);
    }
}

awaitable<> Gateway::serve_own_page(Visit& visit) {
    // The router must speak of the same request in answer and log.
    auto request = visit.request;
    request.headers.set("X-Correlation-ID", visit.correlation_id.text());
    request.headers.set("traceparent", visit.forwarded.traceparent);
    visit.exchange.show_request(request);
    visit.recorded_elsewhere = true;
    co_await own_pages_.handle(visit.exchange);
}

awaitable<> Gateway::identify(Visit& visit) {
    const bool token_in_query = visit.route != nullptr && visit.route->websocket;
    try {
        visit.caller = co_await authenticator_.authenticate(visit.request, token_in_query);
    } catch (const Failure&) {  // refused later, and only where credentials are needed
        visit.bad_credentials = std::current_exception();
    }
}

void Gateway::limit(Visit& visit) {
    const auto per_minute = config_.rate_limits.of(visit.caller);
    if (!per_minute) return;
    const auto key = limit_key(visit.caller, visit.client);
    const auto now = SteadyClock::now();
    const bool counted = visit.route != nullptr || !is_free_of_limits(visit.request.path);
    const auto decision = counted ? limits_.take(key, *per_minute, now) : limits_.peek(key, *per_minute, now);
    visit.exchange.add_header("RateLimit-Limit", std::to_string(decision.limit));
    visit.exchange.add_header("RateLimit-Remaining", std::to_string(decision.remaining));
    visit.exchange.add_header("RateLimit-Reset", std::to_string(decision.reset.count()));
    if (counted && !decision.allowed) fail(rate_limited(decision.limit, decision.retry_after));
}

awaitable<> Gateway::serve_routed(Visit& visit) {
    const bool restricted = is_restricted(*visit.route);
    const bool token_required = restricted || visit.route->token_required || visit.access.token_required;
    if (token_required) {
        if (visit.bad_credentials) std::rethrow_exception(visit.bad_credentials);
        auth::Access::signed_in.check(visit.caller);
        check_restrictions(*visit.route, visit.caller);
    }
    if (visit.is_handshake) {
        co_await tunnel(visit);
    } else {
        co_await proxy_.pass(visit.exchange, *visit.route, visit.forwarded, visit.passage);
    }
}

awaitable<> Gateway::tunnel(Visit& visit) {
    constexpr int switching_protocols = 101;
    constexpr std::uint64_t no_body = 0;
    auto head = upstream_handshake(visit.request, visit.forwarded);
    rewrite_for(*visit.route, visit.request, head);
    auto upstream = co_await proxy_.open(*visit.route, std::move(head), no_body);
    co_await upstream->finish();
    auto answer = co_await upstream->response();
    if (answer.status != switching_protocols) {
        co_await Proxy::relay(visit.exchange, *upstream, std::move(answer), visit.passage);
        co_await visit.exchange.finish();
        co_return;
    }
    std::string received;
    auto socket = upstream->take_socket(received);
    auto client = co_await visit.exchange.upgrade(std::move(answer));
    const auto traffic = co_await tunnels_.run(std::move(client), std::move(socket), std::move(received));
    visit.passage.received = traffic.from_client;
    visit.passage.sent = traffic.from_upstream;
}

void Gateway::record(const Visit& visit) {
    if (visit.recorded_elsewhere) return;
    // nginx's number for a client that left before the answer.
    constexpr int client_closed_request = 499;
    const auto status = visit.exchange.status() == 0 ? client_closed_request : visit.exchange.status();
    const std::chrono::duration<double> seconds = SteadyClock::now() - visit.began;
    const std::string_view route = !visit.access.route.empty() ? visit.access.route
                                   : visit.route != nullptr    ? std::string_view(visit.route->prefix)
                                                               : "(own)";
    metrics_.count_request(method_label(visit.request.method), route, status, seconds.count());
    received_bytes_.Increment(static_cast<double>(visit.passage.received));
    sent_bytes_.Increment(static_cast<double>(visit.passage.sent));
    if (!log::enabled(log::Level::info)) return;
    log::info("request", {{"method", visit.request.method},
                          {"path", visit.request.path},
                          {"route", route},
                          {"upstream", visit.route == nullptr ? "" : std::string_view(visit.route->upstream)},
                          {"status", status},
                          {"duration_ms", seconds.count() * 1000},
                          {"received_bytes", visit.passage.received},
                          {"sent_bytes", visit.passage.sent},
                          {"client", visit.client},
                          {"user_id", visit.caller.user_id.text()},
                          {"correlation_id", visit.correlation_id.text()},
                          {"traceparent", visit.forwarded.traceparent}});
}

}  // namespace darkroom::gateway
