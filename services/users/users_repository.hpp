// The read model of people, and their preferences.
#pragma once

#include "events/user_facts.hpp"
#include "platform/http/paging.hpp"
#include "platform/pg/pool.hpp"
#include "services/users/domain/sort.hpp"
#include "services/users/domain/user.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::users {

/// auth's view of one account at one version.
struct AccountCopy : User {
    std::int64_t version = 1;
};
BOOST_DESCRIBE_STRUCT(AccountCopy, (User), (version))

/// Refuses an unknown role or status: such an event is parked, not guessed at.
Result<AccountCopy> account_from(const events::UserFacts& facts);

struct UserFilter {
    std::optional<Role> role{};
    std::optional<Status> status{};
    /// Part of e-mail, username or full name, without regard to case.
    std::optional<std::string> q{};
    std::optional<Timestamp> created_after{};
    std::optional<Timestamp> created_before{};
};

struct PreferencesChange {
    json::Object preferences;
    /// RFC 7396 instead of replacement.
    bool merge = false;
    /// 412 when the row has another revision.
    std::optional<std::int64_t> expected_revision{};
};

class UsersRepository {
public:
    explicit UsersRepository(pg::Pool& pool) : pool_(pool) {}

    awaitable<std::optional<StoredUser>> find(UserId id);
    /// For somebody whose user.created has not arrived: any real version is newer. Harmless when the row is there.
    awaitable<StoredUser> create_from_claims(UserId id, Email email, Username username, Role role);
    /// Keeps the copy unless ours is as new.
    awaitable<StoredUser> store_copy(AccountCopy account);
    /// 404; 412; 422 when the result is too large. The change and its user.updated are one transaction.
    awaitable<StoredUser> change_preferences(UserId id, PreferencesChange change, std::string correlation_id);

    awaitable<std::int64_t> count(UserFilter filter);
    awaitable<std::vector<User>> list(UserFilter filter, Sort sort, http::PageRequest page);

private:
    pg::Pool& pool_;
};

/// For the event handlers, inside the consumer's transaction.
awaitable<> store_copy(pg::Transaction& transaction, AccountCopy account);
awaitable<> note_login(pg::Transaction& transaction, UserId id, Timestamp at);
awaitable<> forget(pg::Transaction& transaction, UserId id);

}  // namespace darkroom::users
