#include "services/users/creations_repository.hpp"

namespace darkroom::users {

namespace {

constexpr pg::Query forget_old{"creations.forget_old", R"sql(
    DELETE FROM users.creations WHERE created_at < now() - interval '1 day'
)sql"};

// The update changes nothing: it makes the row that stands there come back, also when another instance has just written it.
constexpr pg::Query remember_creation{"creations.remember", R"sql(
    INSERT INTO users.creations AS known (creator, key, fingerprint, user_id) VALUES ($1, $2, $3, $4)
    ON CONFLICT (creator, key) DO UPDATE SET key = known.key
    RETURNING fingerprint, user_id
)sql"};

}  // namespace

awaitable<Creation> CreationsRepository::remember(UserId creator, std::string key, Creation wanted) {
    co_await pool_.execute(forget_old);
    co_return co_await pool_.one<Creation>(remember_creation, creator, key, wanted.fingerprint, wanted.user_id);
}

}  // namespace darkroom::users
