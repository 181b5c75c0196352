// The variables that every service reads.
#pragma once

#include "platform/core/environment.hpp"
#include "platform/core/log.hpp"
#include "platform/http/client.hpp"
#include "platform/http/client_address.hpp"
#include "platform/redis/url.hpp"

namespace darkroom {

struct ServiceConfig {
    std::string bind;
    std::uint16_t port = 0;
    log::Level log_level = log::Level::info;
    http::Origin auth;
    http::Origin events;
    redis::Url redis;
    Secret service_secret;
    Seconds access_token_life{};
    http::Networks trusted_gateways;
    /// "auto", "http://address:port", or empty; see Announcer.
    std::string instance_url;

    static ServiceConfig load(Environment& environment, std::uint16_t default_port) {
        ServiceConfig config;
        config.bind = read_bind(environment);
        config.port = read_port(environment, default_port);
        config.log_level = log::level_from(environment.text("LOG_LEVEL", "info", "debug, info, warning or error."));
        config.auth = origin(environment, "AUTH_URL", "http://127.0.0.1:8004",
                             "Where auth-service is; several instances separated by commas.");
        config.events = origin(environment, "EVENTS_URL", "http://127.0.0.1:8001",
                               "Where event-bus is; several instances separated by commas.");
        const auto redis = environment.secret(
            "REDIS_URL", "redis://[[user]:password@]host[:port][/db] or unix:///path; redis://127.0.0.1:6379 if unset.");
        if (auto url = redis::Url::parse(redis.empty() ? "redis://127.0.0.1:6379" : redis.reveal())) {
            config.redis = *url;
        } else {
            environment.problem("REDIS_URL", url.error().detail);
        }
        config.service_secret = environment.required_secret("SERVICE_SECRET", "Client secret of this service at auth-service.");
        const auto life =
            environment.duration("ACCESS_TOKEN_LIFE", 15min, "How long access tokens live; the same for all services.");
        config.access_token_life = std::chrono::duration_cast<Seconds>(life);
        const auto gateways =
            environment.text("TRUSTED_GATEWAYS", "127.0.0.0/8, ::1",
                             "Networks of the gateway and of proxies before it: their X-Forwarded-For is believed.");
        if (auto networks = http::Networks::parse(gateways)) {
            config.trusted_gateways = std::move(*networks);
        } else {
            environment.problem("TRUSTED_GATEWAYS", networks.error().detail);
        }
        config.instance_url = environment.text(
            "INSTANCE_URL", "", "Announces this instance to gateways: http://address:port, or auto; empty: gateways list it.");
        const bool needs_check = !config.instance_url.empty() && config.instance_url != "auto";
        if (needs_check && !http::Origin::parse(config.instance_url))
            environment.problem("INSTANCE_URL", "must be auto or http://address:port");
        return config;
    }

    static std::string read_bind(Environment& environment) {
        return environment.text("BIND", "127.0.0.1", "Address to listen on.");
    }

    static std::uint16_t read_port(Environment& environment, std::uint16_t default_port) {
        return static_cast<std::uint16_t>(environment.integer("PORT", default_port, 0, 65535, "Port to listen on."));
    }

    /// Empty: none. What pg::Reads takes.
    static Secret database_replica(Environment& environment) {
        return environment.secret("DATABASE_REPLICA_URL",
                                  "A replica of it, as the same role: lists and statistics that may lag a little.");
    }

    static http::Origin origin(Environment& environment, std::string_view name, std::string_view fallback,
                               std::string_view description) {
        const auto text = environment.text(name, fallback, description);
        auto parsed = http::Origin::parse_list(text);
        if (parsed) return *parsed;
        environment.problem(name, parsed.error().detail);
        return {};
    }
};

}  // namespace darkroom
