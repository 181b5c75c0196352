// What the event bus reads from its environment.
#pragma once

#include "platform/core/environment.hpp"

namespace darkroom::event_bus {

struct Config {
    Secret database_url;
    std::size_t database_connections = 0;
    /// Webhooks may go to loopback and private addresses.
    bool private_webhooks = false;

    static Config load(Environment& environment) {
        Config config;
        config.database_url = environment.required_secret("DATABASE_URL", "PostgreSQL, as the role darkroom_bus.");
        config.database_connections =
            static_cast<std::size_t>(environment.integer("DATABASE_CONNECTIONS", 6, 2, 100, "Size of the connection pool."));
        const auto allowed = environment.text("WEBHOOK_PRIVATE_ADDRESSES", "refused",
                                              "allowed: webhooks may go to loopback and private addresses, too.");
        if (allowed != "allowed" && allowed != "refused") {
            environment.problem("WEBHOOK_PRIVATE_ADDRESSES", "must be allowed or refused");
        }
        config.private_webhooks = allowed == "allowed";
        return config;
    }
};

}  // namespace darkroom::event_bus
