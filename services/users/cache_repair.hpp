// Drops from Redis what was changed while Redis was away.
#pragma once

#include "services/users/profile_cache.hpp"
#include "services/users/users_repository.hpp"

namespace darkroom::users {

class CacheRepair {
public:
    CacheRepair(UsersRepository& users, ProfileCache& cache) : users_(users), cache_(cache) {}

    /// Until cancelled; spawn it in a TaskGroup. Redis and the database may be away.
    awaitable<> run();

private:
    awaitable<> repair();

    UsersRepository& users_;
    ProfileCache& cache_;
};

}  // namespace darkroom::users
