// The variables of user-service beside those of every service (platform/service/config.hpp).
#pragma once

#include "platform/service/config.hpp"

namespace darkroom::users {

struct Config {
    Secret database_url;
    Secret database_replica_url;
    /// What else holds something about people: asked for exports.
    http::Origin images;
    http::Origin notifications;

    static Config load(Environment& environment) {
        return {environment.required_secret("DATABASE_URL", "PostgreSQL, as the role darkroom_users."),
                ServiceConfig::database_replica(environment),
                ServiceConfig::origin(environment, "IMAGES_URL", "http://127.0.0.1:8002",
                                      "Where image-service is; several instances separated by commas."),
                ServiceConfig::origin(environment, "NOTIFICATIONS_URL", "http://127.0.0.1:8005",
                                      "Where notification-service is; several instances separated by commas.")};
    }
};

}  // namespace darkroom::users
