// The read model of people, and their preferences.
#pragma once

#include "events/user_facts.hpp"
#include "platform/pg/pool.hpp"
#include "services/users/domain/user.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::users {

/// auth's view of one account at one version.
struct AccountCopy : User {
    std::int64_t version = 1;
    /// Deleted: kept, so that an admin can restore it, and shown to nobody.
    std::optional<Timestamp> deleted_at{};
};
BOOST_DESCRIBE_STRUCT(AccountCopy, (User), (version, deleted_at))

/// Refuses an unknown role or status: such an event is parked, not guessed at.
Result<AccountCopy> account_from(const events::UserFacts& facts);

struct PreferencesChange {
    json::Object preferences;
    /// RFC 7396 instead of replacement.
    bool merge = false;
    /// 412 when the row has another revision.
    std::optional<std::int64_t> expected_revision{};
};

/// A change that the cache of profiles has yet to hear of.
struct UncachedWrite {
    UserId user_id{};
    Timestamp written_at{};
};
BOOST_DESCRIBE_STRUCT(UncachedWrite, (), (user_id, written_at))

class UsersRepository {
public:
    explicit UsersRepository(pg::Pool& pool) : pool_(pool) {}

    // Whoever changes a row says whether the cache of profiles has been told (ProfileWrite::announced); else it is noted with
    // it.

    /// Nobody deleted.
    awaitable<std::optional<StoredUser>> find(UserId id);
    /// For somebody whose user.created has not arrived: any real version is newer. Harmless when the row is there; nullopt when
    /// the user has been deleted.
    awaitable<std::optional<StoredUser>> create_from_claims(UserId id, Email email, Username username, Role role);
    /// Keeps the copy unless ours is as new. nullopt when the user is deleted, now or before.
    awaitable<std::optional<StoredUser>> store_copy(AccountCopy account, bool announced);
    /// 404; 412; 422 when the result is too large. The change and its user.updated are one transaction.
    awaitable<StoredUser> change_preferences(UserId id, PreferencesChange change, bool announced, std::string correlation_id);
    /// True for a user that was here and is deleted.
    awaitable<bool> is_deleted(UserId id);

    awaitable<std::vector<UncachedWrite>> uncached_writes();
    /// Unless there was another one meanwhile.
    awaitable<> forget_uncached_writes(std::vector<UncachedWrite> writes);

private:
    pg::Pool& pool_;
};

/// For the event handlers, inside the consumer's transaction.
awaitable<> store_copy(pg::Transaction& transaction, AccountCopy account);
awaitable<> note_login(pg::Transaction& transaction, UserId id, Timestamp at);
awaitable<> note_activity(pg::Transaction& transaction, UserId id, Timestamp at);
/// All that is personal goes; a mark stays.
awaitable<> forget(pg::Transaction& transaction, UserId id);
/// With a change that Redis could not be told of, and before it: whoever needs this row and the user's takes this one first.
awaitable<> note_uncached_write(pg::Transaction& transaction, UserId id);

}  // namespace darkroom::users
