#include "services/gateway/config.hpp"

#include "platform/core/embedded.hpp"
#include "platform/http/tls.hpp"

#include <array>
#include <fstream>
#include <sstream>

namespace darkroom::gateway {

/// Made by embed_text.
std::span<const EmbeddedFile> route_files();

namespace {

struct UpstreamVariable {
    std::string_view service;
    std::string_view variable;
    std::string_view fallback;
};
constexpr std::array<UpstreamVariable, 5> upstream_variables{
    {{"auth-service", "AUTH_URL", "http://127.0.0.1:8004"},
     {"event-bus", "EVENTS_URL", "http://127.0.0.1:8001"},
     {"image-service", "IMAGES_URL", "http://127.0.0.1:8002"},
     {"notification-service", "NOTIFICATIONS_URL", "http://127.0.0.1:8005"},
     {"user-service", "USERS_URL", "http://127.0.0.1:8003"}}};

/// Notes the refusal of a parsed variable; gives a harmless value in its place.
template <class T>
T checked(Environment& environment, std::string_view name, Result<T> parsed) {
    if (parsed) return std::move(*parsed);
    environment.problem(name, parsed.error().detail);
    return T{};
}

std::vector<http::Origin> read_instances(Environment& environment, const UpstreamVariable& upstream) {
    const auto text =
        environment.text(upstream.variable, upstream.fallback,
                         "Where " + std::string(upstream.service) + " is; several instances separated by commas.");
    std::vector<http::Origin> instances;
    std::string_view list = text;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        const auto url = list.substr(0, comma);
        list.remove_prefix(std::min(comma + 1, list.size()));
        instances.push_back(checked(environment, upstream.variable, http::Origin::parse(url)));
    }
    if (instances.empty()) instances.emplace_back();
    return instances;
}

RouteTable read_routes(Environment& environment) {
    const auto path = environment.text("GATEWAY_ROUTES", "", "TOML file that replaces the built-in route table.");
    if (path.empty()) return checked(environment, "GATEWAY_ROUTES", RouteTable::parse(default_routes()));
    std::ifstream file(path);
    std::ostringstream content;
    content << file.rdbuf();
    if (!file) {
        environment.problem("GATEWAY_ROUTES", "cannot read " + path);
        return {};
    }
    return checked(environment, "GATEWAY_ROUTES", RouteTable::parse(content.str()));
}

std::optional<TlsFiles> read_tls(Environment& environment) {
    TlsFiles files;
    files.certificate = environment.text("TLS_CERTIFICATE_FILE", "", "The gateway's certificate chain (PEM): turns TLS on.");
    files.key = environment.text("TLS_KEY_FILE", "", "The key of that certificate (PEM).");
    if (files.certificate.empty() && files.key.empty()) return std::nullopt;
    if (files.certificate.empty() || files.key.empty()) {
        environment.problem("TLS_CERTIFICATE_FILE", "goes together with TLS_KEY_FILE");
        return std::nullopt;
    }
    const auto loaded = http::TlsContext::load(files.certificate, files.key);
    if (!loaded) environment.problem("TLS_CERTIFICATE_FILE", loaded.error().detail);
    return files;
}

bool has_swagger_ui(const std::filesystem::path& directory) {
    std::error_code error;
    return std::filesystem::exists(directory / "swagger-ui-bundle.js", error);
}

/// Beside the binary as it is installed, else where tools/fetch-swagger-ui puts it in a build tree.
std::filesystem::path find_swagger_ui() {
    std::error_code error;
    const auto bin = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
    for (const auto* place : {"../share/swagger-ui", "../../deps/swagger-ui/node_modules/swagger-ui-dist"}) {
        const auto candidate = (bin / place).lexically_normal();
        if (has_swagger_ui(candidate)) return candidate;
    }
    return {};
}

}  // namespace

std::string_view default_routes() {
    return route_files().front().content;
}

Config Config::load(Environment& environment) {
    Config config;
    config.routes = read_routes(environment);
    for (const auto& upstream : upstream_variables) {
        config.upstreams.emplace(upstream.service, read_instances(environment, upstream));
    }
    for (const auto& name : config.routes.upstreams()) {
        if (!config.upstreams.contains(name)) environment.problem("GATEWAY_ROUTES", "no such upstream: " + name);
    }
    config.rate_limits = checked(
        environment, "DARKROOM_RATE_LIMITS",
        RateLimits::parse(environment.text("DARKROOM_RATE_LIMITS", "anonymous=100,guest=100,user=300,premium=600,admin=1000",
                                           "off, or requests a minute by role.")));
    config.cors = checked(
        environment, "CORS_ORIGINS",
        CorsPolicy::parse(environment.text("CORS_ORIGINS", "", "Origins whose pages may call us, separated by commas, or *.")));
    config.trusted_proxies = checked(environment, "TRUSTED_PROXIES",
                                     http::Networks::parse(environment.text(
                                         "TRUSTED_PROXIES", "", "Networks whose X-Forwarded-For we believe (10.0.0.0/8).")));
    config.instance_networks = checked(
        environment, "INSTANCE_NETWORKS",
        http::Networks::parse(environment.text("INSTANCE_NETWORKS", "127.0.0.0/8, ::1",
                                               "Networks that instances may be in which announce themselves (INSTANCE_URL).")));
    config.swagger_ui =
        environment.text("SWAGGER_UI_DIR", "", "Directory of swagger-ui-dist; found beside the binary by itself.");
    if (config.swagger_ui.empty()) {
        config.swagger_ui = find_swagger_ui();
    } else if (!has_swagger_ui(config.swagger_ui)) {
        config.swagger_ui.clear();
    }
    config.tunnel_idle =
        environment.duration("GATEWAY_TUNNEL_IDLE", 75s, "A WebSocket without any traffic is closed after this.");
    config.tls = read_tls(environment);
    return config;
}

}  // namespace darkroom::gateway
