#include "services/auth/deletions_repository.hpp"

#include "events/user_deleted.hpp"
#include "platform/bus/outbox.hpp"
#include "services/auth/account_events.hpp"
#include "services/auth/domain/errors.hpp"
#include "services/auth/sessions_repository.hpp"

namespace darkroom::accounts {

namespace {

// Until the end of the transaction; the policy of migrations/0004 asks for it.
constexpr pg::Query show_deleted{"deletions.show", "SELECT set_config('darkroom.deleted_accounts', 'visible', true)"};

// The same locks in the same order as for a change: see accounts_repository.cpp.
constexpr pg::Query lock_admins{"deletions.lock_admins", R"sql(
    SELECT id FROM auth.accounts WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL ORDER BY id FOR UPDATE
)sql"};

constexpr pg::Query lock_statement{"deletions.lock", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version, deleted_at
    FROM auth.accounts WHERE id = $1 FOR UPDATE
)sql"};

// Inactive too: should the hiding ever fail, nobody can sign in all the same.
constexpr pg::Query hide_statement{"deletions.hide", R"sql(
    UPDATE auth.accounts SET deleted_at = now(), updated_at = now(), status = 'inactive', version = version + 1 WHERE id = $1
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version, deleted_at
)sql"};

constexpr pg::Query restore_statement{"deletions.restore", R"sql(
    UPDATE auth.accounts SET deleted_at = NULL, updated_at = now(), status = 'active', version = version + 1
    WHERE id = $1 AND deleted_at IS NOT NULL
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

// LIMIT is a literal and the subquery materialized, as in every queue: one row is locked, and passed over by other instances.
constexpr pg::Query take_due{"deletions.take_due", R"sql(
    WITH due AS MATERIALIZED (
        SELECT id FROM auth.accounts WHERE deleted_at <= now() - $1::interval ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    DELETE FROM auth.accounts AS account USING due WHERE account.id = due.id
    RETURNING account.id, account.email, account.username, account.full_name, account.role, account.status, account.avatar_url,
              account.created_at, account.updated_at, account.last_login, account.version
)sql"};

constexpr pg::Query ask_row_security{"deletions.is_hiding", "SELECT row_security_active('auth.accounts')"};

constexpr pg::Query forget_sessions{"deletions.forget_ended_sessions", R"sql(
    DELETE FROM auth.ended_sessions WHERE revoked_at < now() - interval '1 hour'
)sql"};

}  // namespace

awaitable<pg::Transaction> DeletionsRepository::begin() {
    auto transaction = co_await pool_.begin();
    co_await transaction.execute(show_deleted);
    co_return transaction;
}

awaitable<DeletionOutcome> DeletionsRepository::remove(UserId id, std::string correlation_id) {
    auto transaction = co_await begin();
    const auto admins = co_await transaction.all<UserId>(lock_admins);
    const auto before = co_await transaction.maybe<DeletableAccount>(lock_statement, id);
    if (!before) fail(account_not_found());
    DeletionOutcome outcome{*before};
    if (before->deleted_at) co_return outcome;
    Account gone = *before;
    gone.status = Status::inactive;
    if (loses_admin(*before, gone) && admins.size() == 1) fail(last_admin());
    outcome.account = co_await transaction.one<DeletableAccount>(hide_statement, id);
    outcome.revoked = co_await end_access(transaction, id, correlation_id);
    auto updated = updated_event(outcome.account, {"status", "deleted_at"});
    updated.deleted_at = outcome.account.deleted_at;
    co_await bus::outbox::append(transaction, updated, event_context(id, std::move(correlation_id)));
    co_await transaction.commit();
    co_return outcome;
}

awaitable<std::optional<Account>> DeletionsRepository::restore(UserId id, std::string correlation_id) {
    auto transaction = co_await begin();
    auto account = co_await transaction.maybe<Account>(restore_statement, id);
    if (!account) co_return std::nullopt;
    const auto updated = updated_event(*account, {"status", "deleted_at"});
    co_await bus::outbox::append(transaction, updated, event_context(id, std::move(correlation_id)));
    co_await transaction.commit();
    co_return account;
}

awaitable<bool> DeletionsRepository::purge_one(Milliseconds grace, std::string correlation_id) {
    auto transaction = co_await begin();
    const auto account = co_await transaction.maybe<Account>(take_due, grace);
    if (!account) co_return false;
    const events::UserDeleted deleted{account->id.text(), account->email.text(), account->username.text(),
                                      std::string(auth::role_text(account->role))};
    co_await bus::outbox::append(transaction, deleted, event_context(account->id, std::move(correlation_id)));
    co_await transaction.commit();
    co_return true;
}

awaitable<bool> DeletionsRepository::is_hiding() {
    co_return co_await pool_.one<bool>(ask_row_security);
}

awaitable<> DeletionsRepository::forget_ended_sessions() {
    co_await pool_.execute(forget_sessions);
}

}  // namespace darkroom::accounts
