// Everything that the gateway reads from its environment.
#pragma once

#include "platform/core/environment.hpp"
#include "platform/http/client.hpp"
#include "platform/http/client_address.hpp"
#include "services/gateway/domain/cors.hpp"
#include "services/gateway/domain/rate_limit.hpp"
#include "services/gateway/domain/route_table.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::gateway {

/// Service name to its instances, at least one.
using Instances = std::map<std::string, std::vector<http::Origin>, std::less<>>;

/// Both in PEM; the chain begins with the gateway's own certificate.
struct TlsFiles {
    std::filesystem::path certificate;
    std::filesystem::path key;
};

struct Config {
    RouteTable routes;
    Instances upstreams;
    RateLimits rate_limits;
    CorsPolicy cors;
    http::Networks trusted_proxies;
    /// Where announced instances may be.
    http::Networks instance_networks;
    /// Directory of swagger-ui-dist; without it /docs is a plain list.
    std::filesystem::path swagger_ui;
    /// A tunnel without a byte in either direction for this long is closed. Services ping every 20 s.
    Milliseconds tunnel_idle{};
    /// nullopt: plain HTTP only.
    std::optional<TlsFiles> tls{};

    static Config load(Environment& environment);
};

/// The route table that the binary carries (routes.toml).
std::string_view default_routes();

}  // namespace darkroom::gateway
