// The variables that only this service reads; the shared ones are in platform/service/config.hpp.
#pragma once

#include "platform/core/environment.hpp"

namespace darkroom::notifications {

struct Config {
    Secret database_url;
    std::int64_t connections = 0;

    static Config load(Environment& environment) {
        Config config;
        config.database_url = environment.required_secret("DATABASE_URL", "PostgreSQL, as the role of this service.");
        config.connections = environment.integer("DATABASE_CONNECTIONS", 6, 2, 100, "Connections to PostgreSQL.");
        return config;
    }
};

}  // namespace darkroom::notifications
