#include "services/users/users_repository.hpp"

#include "events/user_updated.hpp"
#include "platform/bus/dead_letters.hpp"
#include "platform/bus/outbox.hpp"
#include "services/users/domain/errors.hpp"

namespace darkroom::users {

namespace {

constexpr pg::Query find_statement{"users.find", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, preferences,
           account_version, revision
    FROM users.users WHERE id = $1 AND deleted_at IS NULL
)sql"};

constexpr pg::Query lock_statement{"users.lock", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, preferences,
           account_version, revision
    FROM users.users WHERE id = $1 AND deleted_at IS NULL FOR UPDATE
)sql"};

constexpr pg::Query insert_from_claims{"users.insert_from_claims", R"sql(
    INSERT INTO users.users (id, email, username, role, account_version) VALUES ($1, $2, $3, $4, 0)
    ON CONFLICT (id) DO NOTHING
)sql"};

// An older copy changes nothing. updated_at never goes back: preferences may have been changed since.
constexpr pg::Query upsert_copy{"users.upsert_copy", R"sql(
    INSERT INTO users.users AS mine
        (id, email, username, full_name, role, status, avatar_url, created_at, updated_at, account_version, deleted_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    ON CONFLICT (id) DO UPDATE SET
        email = excluded.email, username = excluded.username, full_name = excluded.full_name, role = excluded.role,
        status = excluded.status, avatar_url = excluded.avatar_url, created_at = excluded.created_at,
        updated_at = greatest(mine.updated_at, excluded.updated_at), account_version = excluded.account_version,
        deleted_at = excluded.deleted_at, revision = mine.revision + 1
    WHERE mine.account_version < excluded.account_version
)sql"};

// A sign-in is no edit: the revision stays, so that it does not fail somebody's If-Match while they write.
constexpr pg::Query set_last_login{"users.set_last_login", R"sql(
    UPDATE users.users SET last_login = greatest(last_login, $2), last_seen = greatest(last_seen, $2)
    WHERE id = $1 AND NOT purged
)sql"};

constexpr pg::Query set_last_seen{"users.set_last_seen", R"sql(
    UPDATE users.users SET last_seen = greatest(last_seen, $2) WHERE id = $1 AND NOT purged
)sql"};

// Above every version that auth can give: no event and no token brings this user back.
constexpr pg::Query purge_statement{"users.purge", R"sql(
    INSERT INTO users.users AS mine (id, email, username, role, status, account_version, deleted_at, purged)
    VALUES ($1, '', '', 'guest', 'inactive', 9223372036854775807, now(), true)
    ON CONFLICT (id) DO UPDATE SET
        email = '', username = '', full_name = '', role = 'guest', status = 'inactive', avatar_url = NULL, created_at = now(),
        updated_at = now(), last_login = NULL, last_seen = NULL, preferences = '{}', account_version = excluded.account_version,
        deleted_at = coalesce(mine.deleted_at, now()), purged = true, revision = mine.revision + 1
    WHERE NOT mine.purged
)sql"};

constexpr pg::Query purge_creations{"creations.purge", "DELETE FROM users.creations WHERE user_id = $1 OR creator = $1"};

constexpr pg::Query find_deleted{"users.is_deleted", R"sql(
    SELECT EXISTS (SELECT FROM users.users WHERE id = $1 AND deleted_at IS NOT NULL)
)sql"};

constexpr pg::Query insert_uncached{"uncached_writes.insert", R"sql(
    INSERT INTO users.uncached_writes (user_id) VALUES ($1)
    ON CONFLICT (user_id) DO UPDATE SET written_at = clock_timestamp()
)sql"};

constexpr pg::Query set_preferences{"users.set_preferences", R"sql(
    UPDATE users.users SET preferences = $2, updated_at = now(), revision = revision + 1 WHERE id = $1
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, preferences,
              account_version, revision
)sql"};

constexpr pg::Query list_uncached{"uncached_writes.list", R"sql(
    SELECT user_id, written_at FROM users.uncached_writes ORDER BY written_at LIMIT 500
)sql"};

constexpr pg::Query delete_uncached{"uncached_writes.delete", R"sql(
    DELETE FROM users.uncached_writes AS known USING unnest($1::text[], $2::timestamptz[]) AS done (user_id, written_at)
    WHERE known.user_id = done.user_id AND known.written_at = done.written_at
)sql"};

events::UserUpdated preferences_event(const StoredUser& user) {
    events::UserUpdated event;
    event.user_id = user.id.text();
    event.email = user.email.text();
    event.username = user.username.text();
    event.full_name = user.full_name.text();
    event.role = auth::role_text(user.role);
    event.status = json::enum_text(user.status);
    if (user.avatar_url) event.avatar_url = user.avatar_url->text();
    event.created_at = user.created_at;
    event.updated_at = user.updated_at;
    event.version = user.account_version;
    event.updated_fields = {"preferences"};
    return event;
}

}  // namespace

Result<AccountCopy> account_from(const events::UserFacts& facts) {
    const auto role = auth::role_from(facts.role);
    const auto status = json::enum_from<Status>(facts.status);
    if (!role || !status) return invalid_field(role ? "status" : "role", "is not known");
    AccountCopy account;
    account.id = UserId::trusted(facts.user_id);
    account.email = Email::trusted(facts.email);
    account.username = Username::trusted(facts.username);
    account.full_name = FullName::trusted(facts.full_name);
    account.role = *role;
    account.status = *status;
    if (facts.avatar_url) account.avatar_url = AvatarUrl::trusted(*facts.avatar_url);
    account.created_at = facts.created_at;
    account.updated_at = facts.updated_at;
    account.version = facts.version;
    return account;
}

awaitable<> store_copy(pg::Transaction& transaction, AccountCopy account) {
    co_await transaction.execute(upsert_copy, account.id, account.email, account.username, account.full_name, account.role,
                                 account.status, account.avatar_url, account.created_at, account.updated_at, account.version,
                                 account.deleted_at);
}

awaitable<> note_login(pg::Transaction& transaction, UserId id, Timestamp at) {
    co_await transaction.execute(set_last_login, id, at);
}

awaitable<> note_activity(pg::Transaction& transaction, UserId id, Timestamp at) {
    co_await transaction.execute(set_last_seen, id, at);
}

awaitable<> forget(pg::Transaction& transaction, UserId id) {
    co_await transaction.execute(purge_statement, id);
    co_await transaction.execute(purge_creations, id);
    co_await bus::dead_letters::forget(transaction, id);
}

awaitable<> note_uncached_write(pg::Transaction& transaction, UserId id) {
    co_await transaction.execute(insert_uncached, id);
}

awaitable<std::optional<StoredUser>> UsersRepository::find(UserId id) {
    co_return co_await pool_.maybe<StoredUser>(find_statement, id);
}

awaitable<std::optional<StoredUser>> UsersRepository::create_from_claims(UserId id, Email email, Username username, Role role) {
    co_await pool_.execute(insert_from_claims, id, email, username, role);
    co_return co_await pool_.maybe<StoredUser>(find_statement, id);
}

awaitable<std::optional<StoredUser>> UsersRepository::store_copy(AccountCopy account, bool announced) {
    const auto id = account.id;
    auto transaction = co_await pool_.begin();
    if (!announced) co_await note_uncached_write(transaction, id);
    co_await users::store_copy(transaction, std::move(account));
    auto stored = co_await transaction.maybe<StoredUser>(find_statement, id);
    co_await transaction.commit();
    co_return stored;
}

awaitable<StoredUser> UsersRepository::change_preferences(UserId id, PreferencesChange change, bool announced,
                                                          std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    if (!announced) co_await note_uncached_write(transaction, id);
    const auto before = co_await transaction.maybe<StoredUser>(lock_statement, id);
    if (!before) fail(user_not_found());
    if (change.expected_revision && *change.expected_revision != before->revision) fail(profile_changed());
    auto wanted = change.merge ? merge_patch(before->preferences, change.preferences) : std::move(change.preferences);
    check_preferences(wanted).value();
    if (wanted == before->preferences) co_return *before;
    auto stored = co_await transaction.one<StoredUser>(set_preferences, id, wanted);
    const auto event = preferences_event(stored);
    bus::EventContext context{"user-service", std::move(correlation_id), id.text()};
    co_await bus::outbox::append(transaction, event, std::move(context));
    co_await transaction.commit();
    co_return stored;
}

awaitable<bool> UsersRepository::is_deleted(UserId id) {
    co_return co_await pool_.one<bool>(find_deleted, id);
}

awaitable<std::vector<UncachedWrite>> UsersRepository::uncached_writes() {
    co_return co_await pool_.all<UncachedWrite>(list_uncached);
}

awaitable<> UsersRepository::forget_uncached_writes(std::vector<UncachedWrite> writes) {
    std::vector<UserId> ids;
    std::vector<Timestamp> times;
    for (const auto& write : writes) {
        ids.push_back(write.user_id);
        times.push_back(write.written_at);
    }
    co_await pool_.execute(delete_uncached, ids, times);
}

}  // namespace darkroom::users
