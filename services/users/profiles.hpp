// Reading and changing one person, whether our copy has arrived yet or not.
#pragma once

#include "platform/bus/consumer.hpp"
#include "services/users/accounts_client.hpp"
#include "services/users/users_repository.hpp"

namespace darkroom::users {

struct ProfileChange {
    AccountChange account{};
    std::optional<PreferencesChange> preferences{};
};

class Profiles {
public:
    Profiles(UsersRepository& users, AccountsClient& accounts, bus::Consumer& consumer)
        : users_(users), accounts_(accounts), consumer_(consumer) {}

    /// Never absent: who has a good token has an account. Catches up with the events first, then believes the token's claims.
    awaitable<StoredUser> own(auth::Caller caller);
    /// After catching up; nullopt when there is no such user.
    awaitable<std::optional<StoredUser>> find(UserId id);
    /// Account first (auth decides), then preferences. With If-Match each step is refused when `before` is not the present any
    /// more.
    awaitable<StoredUser> change(const http::Context& context, StoredUser before, ProfileChange change);

private:
    UsersRepository& users_;
    AccountsClient& accounts_;
    bus::Consumer& consumer_;
};

}  // namespace darkroom::users
