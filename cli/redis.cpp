#include "cli/redis.hpp"

#include "cli/connection.hpp"
#include "cli/secrets.hpp"
#include "cli/topology.hpp"

#include <fmt/format.h>

namespace darkroom::cli {

namespace {

constexpr std::string_view program = "/usr/bin/redis-server";

// noeviction: what lies there (revoked sessions above all) must not vanish under pressure; a full Redis refuses instead.
constexpr std::string_view configuration = R"(# Written by darkroom at every start; edits are lost.
bind 127.0.0.1
port {port}
unixsocket {socket}
unixsocketperm 700
requirepass {password}
daemonize no
dir {directory}
save ""
appendonly no
maxmemory 256mb
maxmemory-policy noeviction
client-output-buffer-limit pubsub 32mb 8mb 60
tcp-keepalive 60
)";

}  // namespace

void PrivateRedis::prepare() const {
    if (!std::filesystem::exists(program)) throw std::runtime_error("Redis is not installed: apt-get install redis-server");
    SecretStore::write_private(
        layout_.redis() / "redis.conf",
        fmt::format(configuration, fmt::arg("port", tcp_ ? port_ : 0), fmt::arg("socket", layout_.redis_socket().string()),
                    fmt::arg("password", password_.reveal()), fmt::arg("directory", layout_.redis().string())));
}

PlannedProcess PrivateRedis::process() const {
    return {.name = std::string(redis),
            .stage = static_cast<int>(Stage::cache),
            .arguments = {std::string(program), (layout_.redis() / "redis.conf").string()},
            .environment = {"PATH=/usr/bin:/bin", "TZ=UTC"},
            .directory = layout_.redis().string(),
            .stop_milliseconds = 2000,
            .port = port_,
            .log_file = layout_.log_of(redis).string()};
}

std::string PrivateRedis::url() const {
    return fmt::format("unix://:{}@{}", password_.reveal(), layout_.redis_socket().string());
}

bool PrivateRedis::answers() const {
    auto connection = Connection::to_unix(layout_.redis_socket().string(), 1s);
    if (!connection) return false;
    const auto request = fmt::format("AUTH {}\r\nPING\r\n", password_.reveal());
    return connection->exchange_until(request, "+PONG\r\n").ends_with("+PONG\r\n");
}

}  // namespace darkroom::cli
