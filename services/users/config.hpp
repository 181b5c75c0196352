// The variables of user-service beside those of every service (platform/service/config.hpp).
#pragma once

#include "platform/core/environment.hpp"

namespace darkroom::users {

struct Config {
    Secret database_url;

    static Config load(Environment& environment) {
        return {environment.required_secret("DATABASE_URL", "PostgreSQL, as the role darkroom_users.")};
    }
};

}  // namespace darkroom::users
