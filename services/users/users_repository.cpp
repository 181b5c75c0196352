#include "services/users/users_repository.hpp"

#include "events/user_updated.hpp"
#include "platform/bus/outbox.hpp"
#include "services/users/domain/errors.hpp"

#include <fmt/format.h>

#include <map>

namespace darkroom::users {

namespace {

constexpr pg::Query find_statement{"users.find", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, preferences,
           account_version, revision
    FROM users.users WHERE id = $1
)sql"};

constexpr pg::Query lock_statement{"users.lock", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, preferences,
           account_version, revision
    FROM users.users WHERE id = $1 FOR UPDATE
)sql"};

constexpr pg::Query insert_from_claims{"users.insert_from_claims", R"sql(
    INSERT INTO users.users (id, email, username, role, account_version) VALUES ($1, $2, $3, $4, 0)
    ON CONFLICT (id) DO NOTHING
)sql"};

// An older copy changes nothing. updated_at never goes back: preferences may have been changed since.
constexpr pg::Query upsert_copy{"users.upsert_copy", R"sql(
    INSERT INTO users.users AS mine
        (id, email, username, full_name, role, status, avatar_url, created_at, updated_at, account_version)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    ON CONFLICT (id) DO UPDATE SET
        email = excluded.email, username = excluded.username, full_name = excluded.full_name, role = excluded.role,
        status = excluded.status, avatar_url = excluded.avatar_url, created_at = excluded.created_at,
        updated_at = greatest(mine.updated_at, excluded.updated_at), account_version = excluded.account_version,
        revision = mine.revision + 1
    WHERE mine.account_version < excluded.account_version
)sql"};

// A sign-in is no edit: the revision stays, so that it does not fail somebody's If-Match while they write.
constexpr pg::Query set_last_login{"users.set_last_login", R"sql(
    UPDATE users.users SET last_login = greatest(coalesce(last_login, $2), $2) WHERE id = $1
)sql"};

constexpr pg::Query delete_statement{"users.delete", "DELETE FROM users.users WHERE id = $1"};

constexpr pg::Query set_preferences{"users.set_preferences", R"sql(
    UPDATE users.users SET preferences = $2, updated_at = now(), revision = revision + 1 WHERE id = $1
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, preferences,
              account_version, revision
)sql"};

constexpr std::string_view filter_clause = R"sql(
    WHERE ($1::text IS NULL OR role = $1)
      AND ($2::text IS NULL OR status = $2)
      AND ($3::text IS NULL OR strpos(lower(email), lower($3)) > 0 OR strpos(lower(username), lower($3)) > 0
           OR strpos(lower(full_name), lower($3)) > 0)
      AND ($4::timestamptz IS NULL OR created_at >= $4)
      AND ($5::timestamptz IS NULL OR created_at < $5)
)sql";

pg::Query count_query() {
    static const std::string sql = fmt::format("SELECT count(*) FROM users.users {}", filter_clause);
    return {"users.count", sql};
}

/// One statement per order; `Sort` only lets known columns through. The id makes the order total, so that pages do not overlap.
pg::Query list_query(const Sort& sort) {
    static std::map<std::string, std::string, std::less<>> statements;
    auto& sql = statements[sort.text()];
    if (sql.empty()) {
        const auto* direction = sort.falls() ? "DESC" : "ASC";
        sql = fmt::format(
            "SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login "
            "FROM users.users {0} ORDER BY {1} {2} NULLS LAST, id {2} LIMIT $6 OFFSET $7",
            filter_clause, sort.column(), direction);
    }
    return {"users.list", sql};
}

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
                                 account.status, account.avatar_url, account.created_at, account.updated_at, account.version);
}

awaitable<> note_login(pg::Transaction& transaction, UserId id, Timestamp at) {
    co_await transaction.execute(set_last_login, id, at);
}

awaitable<> forget(pg::Transaction& transaction, UserId id) {
    co_await transaction.execute(delete_statement, id);
}

awaitable<std::optional<StoredUser>> UsersRepository::find(UserId id) {
    co_return co_await pool_.maybe<StoredUser>(find_statement, id);
}

awaitable<StoredUser> UsersRepository::create_from_claims(UserId id, Email email, Username username, Role role) {
    co_await pool_.execute(insert_from_claims, id, email, username, role);
    co_return co_await pool_.one<StoredUser>(find_statement, id);
}

awaitable<StoredUser> UsersRepository::store_copy(AccountCopy account) {
    const auto id = account.id;
    auto transaction = co_await pool_.begin();
    co_await users::store_copy(transaction, std::move(account));
    auto stored = co_await transaction.one<StoredUser>(find_statement, id);
    co_await transaction.commit();
    co_return stored;
}

awaitable<StoredUser> UsersRepository::change_preferences(UserId id, PreferencesChange change, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
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

awaitable<std::int64_t> UsersRepository::count(UserFilter filter) {
    co_return co_await pool_.one<std::int64_t>(count_query(), filter.role, filter.status, filter.q, filter.created_after,
                                               filter.created_before);
}

awaitable<std::vector<User>> UsersRepository::list(UserFilter filter, Sort sort, http::PageRequest page) {
    co_return co_await pool_.all<User>(list_query(sort), filter.role, filter.status, filter.q, filter.created_after,
                                       filter.created_before, page.size, page.offset());
}

}  // namespace darkroom::users
