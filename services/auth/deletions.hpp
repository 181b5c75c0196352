// From the deletion of an account to its purge.
#pragma once

#include "services/auth/deletions_repository.hpp"
#include "services/auth/revocation_publisher.hpp"

namespace darkroom::accounts {

class Deletions {
public:
    /// `grace`: how long a deleted account can be restored.
    Deletions(DeletionsRepository& repository, RevocationPublisher& revocations, Milliseconds grace)
        : repository_(repository), revocations_(revocations), grace_(grace) {}

    /// When this returns nobody can use the account any more; without a grace it is purged, too.
    awaitable<DeletableAccount> remove(UserId id, std::string correlation_id);
    awaitable<std::optional<Account>> restore(UserId id, std::string correlation_id);
    /// Purges what is due, until cancelled; spawn it in a TaskGroup.
    awaitable<> run();

private:
    /// Everything that is due. False when the database is away.
    awaitable<bool> purge(std::string correlation_id);

    DeletionsRepository& repository_;
    RevocationPublisher& revocations_;
    Milliseconds grace_;
};

}  // namespace darkroom::accounts
