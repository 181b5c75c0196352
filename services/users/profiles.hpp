// Reading, making, changing and deleting one person, whether our copy has arrived yet or not.
#pragma once

#include "platform/bus/consumer.hpp"
#include "services/users/accounts_client.hpp"
#include "services/users/creations_repository.hpp"
#include "services/users/profile_cache.hpp"
#include "services/users/users_repository.hpp"

namespace darkroom::users {

struct ProfileChange {
    AccountChange account{};
    std::optional<PreferencesChange> preferences{};
};

class Profiles {
public:
    Profiles(UsersRepository& users, CreationsRepository& creations, ProfileCache& cache, AccountsClient& accounts,
             bus::Consumer& consumer)
        : users_(users), creations_(creations), cache_(cache), accounts_(accounts), consumer_(consumer) {}

    // To show, from the cache where it has them.

    /// Never absent: who has a good token has an account; 401 when it has just been deleted. Catches up with the events first,
    /// then believes the token's claims.
    awaitable<StoredUser> read_own(auth::Caller caller);
    /// After catching up; nullopt when there is no such user.
    awaitable<std::optional<StoredUser>> read(UserId id);

    // To change: the same from the database.

    awaitable<StoredUser> own(auth::Caller caller);
    awaitable<std::optional<StoredUser>> find(UserId id);
    /// Account first (auth decides), then preferences. With If-Match each step is refused when `before` is not the present any
    /// more.
    awaitable<StoredUser> change(const http::Context& context, StoredUser before, ProfileChange change);
    /// A change of what auth alone knows for sure: also of a user of whom we have no copy, or a deleted one.
    awaitable<StoredUser> change_account(const http::Context& context, UserId id, AccountChange change);
    /// With an Idempotency-Key the same request makes one user, however often it is sent.
    awaitable<StoredUser> create(const http::Context& context, NewUser user, std::optional<IdempotencyKey> key);
    /// Deleted when this returns, also when it was before. 404 for nobody ever known; 409 last_admin.
    awaitable<> remove(const http::Context& context, UserId id);

private:
    awaitable<std::optional<StoredUser>> store(AccountCopy account);

    UsersRepository& users_;
    CreationsRepository& creations_;
    ProfileCache& cache_;
    AccountsClient& accounts_;
    bus::Consumer& consumer_;
};

}  // namespace darkroom::users
