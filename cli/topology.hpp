// Which processes Darkroom is made of: the one table that names services, binaries, ports and schemas for the command line.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace darkroom::cli {

struct ServiceFacts {
    std::string_view name;
    std::string_view binary;
    /// The variable that overrides the port.
    std::string_view port_variable;
    std::uint16_t port;
    /// PostgreSQL schema; its login role is darkroom_<schema>. Empty: the service has no database.
    std::string_view schema;
    /// The variable that tells the others where it is; empty: nobody asks.
    std::string_view url_variable;
};

inline constexpr std::array<ServiceFacts, 6> services{{
    {"api-gateway", "darkroom-gateway", "GATEWAY_PORT", 8000, "", ""},
    {"event-bus", "darkroom-events", "EVENTS_PORT", 8001, "bus", "EVENTS_URL"},
    {"image-service", "darkroom-images", "IMAGES_PORT", 8002, "images", "IMAGES_URL"},
    {"user-service", "darkroom-users", "USERS_PORT", 8003, "users", "USERS_URL"},
    {"auth-service", "darkroom-auth", "AUTH_PORT", 8004, "auth", "AUTH_URL"},
    {"notification-service", "darkroom-notifications", "NOTIFICATIONS_PORT", 8005, "notifications", "NOTIFICATIONS_URL"},
}};

inline constexpr std::string_view gateway = "api-gateway";
inline constexpr std::string_view images = "image-service";
inline constexpr std::string_view auth = "auth-service";
inline constexpr std::string_view notifications = "notification-service";
inline constexpr std::string_view postgres = "postgres";
inline constexpr std::string_view redis = "redis";
inline constexpr std::string_view supervisor = "supervisor";
inline constexpr std::string_view redis_commander = "redis-commander";
inline constexpr std::string_view pgadmin = "pgadmin";

inline constexpr std::uint16_t postgres_port = 5432;
inline constexpr std::uint16_t redis_port = 6379;

/// Our own client id at auth-service.
inline constexpr std::string_view client_id = "darkroom-cli";
inline constexpr std::string_view owner_role = "darkroom_owner";
inline constexpr std::string_view database_name = "darkroom";

}  // namespace darkroom::cli
