#include "services/auth/accounts_repository.hpp"

#include "platform/bus/outbox.hpp"
#include "services/auth/account_events.hpp"
#include "services/auth/domain/errors.hpp"
#include "services/auth/domain/mail_link.hpp"
#include "services/auth/links_repository.hpp"
#include "services/auth/mails_repository.hpp"
#include "services/auth/sessions_repository.hpp"

#include <algorithm>
#include <array>

namespace darkroom::accounts {

namespace {

// Constraint names are part of the schema: see migrations/0001_create_accounts.sql.
constexpr std::array constraint_errors{pg::ConstraintError{"accounts_email_unique", &email_taken},
                                       pg::ConstraintError{"accounts_username_unique", &username_taken},
                                       pg::ConstraintError{"accounts_pkey", &account_exists}};

constexpr pg::Query insert_statement{"accounts.insert", R"sql(
    INSERT INTO auth.accounts (id, email, username, full_name, role, password_hash, status)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

constexpr pg::Query find_statement{"accounts.find", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
    FROM auth.accounts WHERE id = $1
)sql"};

constexpr pg::Query find_by_session_statement{"accounts.find_by_session", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
    FROM auth.accounts a
    WHERE id = $1 AND status = 'active'
      AND (EXISTS (SELECT 1 FROM auth.sessions WHERE id = $2 AND account_id = a.id AND revoked_at IS NULL)
           OR EXISTS (SELECT 1 FROM auth.api_keys WHERE grant_id = $2 AND account_id = a.id))
)sql"};

constexpr pg::Query credentials_by_email{"accounts.credentials_by_email", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version, password_hash
    FROM auth.accounts WHERE lower(email) = lower($1)
)sql"};

constexpr pg::Query credentials_by_username{"accounts.credentials_by_username", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version, password_hash
    FROM auth.accounts WHERE lower(username) = lower($1)
)sql"};

constexpr pg::Query credentials_by_id{"accounts.credentials_by_id", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version, password_hash
    FROM auth.accounts WHERE id = $1
)sql"};

constexpr pg::Query lock_statement{"accounts.lock", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
    FROM auth.accounts WHERE id = $1 FOR UPDATE
)sql"};

// In the order of their ids, so that two who demote each other take turns instead of dead-locking.
constexpr pg::Query lock_admins{"accounts.lock_admins", R"sql(
    SELECT id FROM auth.accounts WHERE role = 'admin' AND status = 'active' ORDER BY id FOR UPDATE
)sql"};

constexpr pg::Query update_statement{"accounts.update", R"sql(
    UPDATE auth.accounts
    SET email = $2, username = $3, full_name = $4, avatar_url = $5, role = $6, status = $7, version = $8, updated_at = now()
    WHERE id = $1
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

constexpr pg::Query update_password{"accounts.update_password", R"sql(
    UPDATE auth.accounts SET password_hash = $3, version = version + 1, updated_at = now()
    WHERE id = $1 AND password_hash = $2
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

constexpr pg::Query replace_hash{"accounts.replace_hash", R"sql(
    UPDATE auth.accounts SET password_hash = $3 WHERE id = $1 AND password_hash = $2
)sql"};

}  // namespace

pg::ConstraintErrors account_constraints() {
    return constraint_errors;
}

awaitable<Account> insert_account(pg::Transaction& transaction, NewAccount input, std::string correlation_id) {
    const auto account = co_await transaction.one<Account>(insert_statement, input.id, input.email, input.username,
                                                           input.full_name, input.role, input.password_hash, input.status);
    const auto created = created_event(account);
    co_await bus::outbox::append(transaction, created, event_context(account.id, std::move(correlation_id)));
    co_return account;
}

awaitable<ChangeOutcome> change_account(pg::Transaction& transaction, UserId id, AccountChange change,
                                        std::optional<std::int64_t> expected_version, std::string correlation_id) {
    // Before the account itself: whoever changes an admin takes these locks in the same order.
    std::vector<UserId> admins;
    if (change.role || change.status) admins = co_await transaction.all<UserId>(lock_admins);
    const auto before = co_await transaction.maybe<Account>(lock_statement, id);
    if (!before) fail(account_not_found());
    if (expected_version && *expected_version != before->version) fail(account_changed());
    ChangeOutcome outcome{apply(*before, change)};
    if (outcome.changed.updated_fields.empty()) co_return outcome;
    auto& account = outcome.changed.account;
    if (loses_admin(*before, account) && admins.size() == 1) fail(last_admin());
    account = co_await transaction.one<Account>(update_statement, id, account.email, account.username, account.full_name,
                                                account.avatar_url, account.role, account.status, account.version);
    if (ends_sessions(outcome.changed)) outcome.revoked = co_await end_access(transaction, id, correlation_id);
    const auto updated = updated_event(account, outcome.changed.updated_fields);
    co_await bus::outbox::append(transaction, updated, event_context(id, correlation_id));
    if (outcome.changed.changed("email")) {
        co_await void_email_changes(transaction, id);
        // To the address that the account had: whoever reads it may know nothing of the change.
        json::Object content{{"at", mail_time(account.updated_at)}};
        co_await append_mail(transaction, *before, "email_changed", std::move(content));
        const Audited audited{id, {}, std::move(correlation_id)};
        co_await append_audit<events::AuditEmailChanged>(transaction, audited);
    }
    co_return outcome;
}

awaitable<Account> AccountsRepository::create(NewAccount input, std::string correlation_id) {
    auto transaction = co_await pool_.begin(constraint_errors);
    auto account = co_await insert_account(transaction, std::move(input), std::move(correlation_id));
    co_await transaction.commit();
    co_return account;
}

awaitable<std::optional<Account>> AccountsRepository::find(UserId id) {
    co_return co_await pool_.maybe<Account>(find_statement, id);
}

awaitable<std::optional<Credentials>> AccountsRepository::find_credentials(std::string email_or_username) {
    // Usernames cannot have an '@', e-mail addresses must.
    const bool is_email = email_or_username.find('@') != std::string::npos;
    const auto query = is_email ? credentials_by_email : credentials_by_username;
    co_return co_await pool_.maybe<Credentials>(query, email_or_username);
}

awaitable<std::optional<Credentials>> AccountsRepository::find_credentials_of(UserId id) {
    co_return co_await pool_.maybe<Credentials>(credentials_by_id, id);
}

awaitable<std::optional<Account>> AccountsRepository::find_by_session(UserId id, SessionId session) {
    co_return co_await pool_.maybe<Account>(find_by_session_statement, id, session);
}

awaitable<ChangeOutcome> AccountsRepository::change(UserId id, AccountChange change,
                                                    std::optional<std::int64_t> expected_version, std::string correlation_id) {
    auto transaction = co_await pool_.begin(constraint_errors);
    auto outcome =
        co_await change_account(transaction, std::move(id), std::move(change), expected_version, std::move(correlation_id));
    co_await transaction.commit();
    co_return outcome;
}

awaitable<std::vector<SessionId>> AccountsRepository::change_password(SessionId keep, std::string old_hash,
                                                                      std::string new_hash, Audited audited) {
    const auto& id = audited.account;
    auto transaction = co_await pool_.begin();
    const auto account = co_await transaction.maybe<Account>(update_password, id, old_hash, new_hash);
    if (!account) fail(wrong_password());
    co_await void_email_changes(transaction, id);
    auto revoked = co_await revoke_sessions(transaction, id, std::move(keep), audited.correlation_id);
    const auto updated = updated_event(*account, {"password"});
    co_await bus::outbox::append(transaction, updated, event_context(id, audited.correlation_id));
    co_await append_audit<events::AuditPasswordChanged>(transaction, audited);
    json::Object content{{"at", mail_time(account->updated_at)}};
    if (!audited.device.address.empty()) content["ip"] = audited.device.address;
    co_await append_mail(transaction, *account, "password_changed", std::move(content));
    co_await transaction.commit();
    co_return revoked;
}

awaitable<bool> AccountsRepository::strengthen_hash(UserId id, std::string old_hash, std::string new_hash) {
    const auto replaced = co_await pool_.execute(replace_hash, id, old_hash, new_hash);
    co_return replaced == 1;
}

}  // namespace darkroom::accounts
