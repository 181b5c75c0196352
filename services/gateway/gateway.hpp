// The door: every request passes here, and everything that holds for all of them is decided here, in this order:
// TLS, preflight, who asks, limit, own page or route, token, then the proxy or the tunnel.
#pragma once

#include "platform/http/exchange.hpp"
#include "platform/http/router.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/gateway/config.hpp"
#include "services/gateway/domain/access_policy.hpp"
#include "services/gateway/gated_exchange.hpp"
#include "services/gateway/proxy.hpp"
#include "services/gateway/shared_limits.hpp"
#include "services/gateway/tunnel.hpp"

namespace darkroom::gateway {

class Gateway : public http::Handler {
public:
    struct Parts {
        const Config& config;
        const AccessPolicy& access;
        http::Client& client;
        Upstreams& upstreams;
        http::Authenticator& authenticator;
        telemetry::Metrics& metrics;
        /// Where limits are shared; null: this gateway's own.
        redis::Client* redis = nullptr;
    };
    /// `own_pages` serves what no route does: /health, /docs, … and 404. Everything given outlives this.
    Gateway(const Parts& parts, http::Handler& own_pages);

    awaitable<> handle(http::Exchange& exchange) override;
    /// Shares limits with other gateways, until cancelled.
    awaitable<> share_limits() { return limits_.run(); }
    /// Ends what would not end by itself.
    void close_tunnels() { tunnels_.close_all(); }

private:
    /// What is known of one request.
    struct Visit;

    awaitable<> serve(Visit& visit);
    awaitable<> serve_routed(Visit& visit);
    awaitable<> serve_own_page(Visit& visit);
    awaitable<> identify(Visit& visit);
    void limit(Visit& visit);
    awaitable<> tunnel(Visit& visit);
    awaitable<> conclude(Visit& visit, std::exception_ptr error);
    void record(const Visit& visit);

    const Config& config_;
    const AccessPolicy& access_;
    http::Authenticator& authenticator_;
    telemetry::Metrics& metrics_;
    http::Handler& own_pages_;
    Proxy proxy_;
    Tunnels tunnels_;
    SharedLimits limits_;
    prometheus::Counter& received_bytes_;
    prometheus::Counter& sent_bytes_;
};

}  // namespace darkroom::gateway
