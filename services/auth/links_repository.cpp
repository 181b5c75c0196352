#include "services/auth/links_repository.hpp"

#include "platform/identity/text.hpp"
#include "services/auth/domain/errors.hpp"
#include "services/auth/mails_repository.hpp"
#include "services/auth/sessions_repository.hpp"

namespace darkroom::accounts {

namespace {

constexpr pg::Query insert_request{"link_requests.insert", R"sql(
    INSERT INTO auth.link_requests (id, purpose, email, user_agent, address, correlation_id) VALUES ($1, $2, $3, $4, $5, $6)
)sql"};

struct LinkRequest {
    LinkPurpose purpose{};
    std::string email{};
    std::string user_agent{};
    std::string address{};
    std::string correlation_id{};
};
BOOST_DESCRIBE_STRUCT(LinkRequest, (), (purpose, email, user_agent, address, correlation_id))

constexpr pg::Query take_request{"link_requests.take", R"sql(
    WITH next AS MATERIALIZED (
        SELECT id FROM auth.link_requests ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    DELETE FROM auth.link_requests AS request USING next WHERE request.id = next.id
    RETURNING request.purpose, request.email, request.user_agent, request.address, request.correlation_id
)sql"};

// Suspended and inactive accounts get nothing: only an admin brings them back.
constexpr pg::Query find_entitled{"accounts.find_entitled_to_link", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
    FROM auth.accounts
    WHERE lower(email) = lower($1) AND (status = 'pending' OR ($2 = 'password_reset' AND status = 'active'))
    FOR UPDATE
)sql"};

constexpr pg::Query count_links{"one_time_tokens.count", R"sql(
    SELECT count(*) FROM auth.one_time_tokens
    WHERE account_id = $1 AND purpose = $2 AND created_at > now() - interval '1 hour'
)sql"};

constexpr pg::Query insert_token{"one_time_tokens.insert", R"sql(
    INSERT INTO auth.one_time_tokens (token_hash, account_id, purpose, email, expires_at)
    VALUES ($1, $2, $3, $4, now() + $5::interval) RETURNING expires_at
)sql"};

constexpr pg::Query find_owner{"one_time_tokens.find_owner", R"sql(
    SELECT a.id, a.email, a.username, a.full_name, a.role, a.status, a.avatar_url, a.created_at, a.updated_at, a.last_login,
           a.version
    FROM auth.one_time_tokens t JOIN auth.accounts a ON a.id = t.account_id
    WHERE t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > now()
      AND (t.purpose = 'email_change' OR lower(a.email) = lower(t.email)) AND a.status IN ('active', 'pending')
)sql"};

// The account's lock comes first, as everywhere.
constexpr pg::Query lock_account_of_token{"one_time_tokens.lock_account", R"sql(
    SELECT a.id, a.email, a.username, a.full_name, a.role, a.status, a.avatar_url, a.created_at, a.updated_at, a.last_login,
           a.version
    FROM auth.one_time_tokens t JOIN auth.accounts a ON a.id = t.account_id
    WHERE t.token_hash = $1 AND t.purpose = $2 AND lower(a.email) = lower(t.email) AND a.status IN ('active', 'pending')
    FOR UPDATE OF a
)sql"};

constexpr pg::Query lock_account_to_change{"one_time_tokens.lock_account_to_change", R"sql(
    SELECT a.id
    FROM auth.one_time_tokens t JOIN auth.accounts a ON a.id = t.account_id
    WHERE t.token_hash = $1 AND t.purpose = 'email_change' AND a.status = 'active'
    FOR UPDATE OF a
)sql"};

constexpr pg::Query use_new_email{"one_time_tokens.use_new_email", R"sql(
    DELETE FROM auth.one_time_tokens WHERE token_hash = $1 AND purpose = 'email_change' AND expires_at > now() RETURNING email
)sql"};

// Of accounts that are there. A deleted one keeps its address too; the unique index says so in the end.
constexpr pg::Query is_taken{"accounts.email_is_taken", R"sql(
    SELECT EXISTS (SELECT 1 FROM auth.accounts WHERE lower(email) = lower($1) AND id <> $2)
)sql"};

// Not deleted: they count against the limit of an hour.
constexpr pg::Query void_changes{"one_time_tokens.void_email_changes", R"sql(
    UPDATE auth.one_time_tokens SET expires_at = now()
    WHERE account_id = $1 AND purpose = 'email_change' AND expires_at > now()
)sql"};

// Good once: of two at the same time the second finds nothing.
constexpr pg::Query use_token{"one_time_tokens.use", R"sql(
    DELETE FROM auth.one_time_tokens WHERE token_hash = $1 AND expires_at > now() RETURNING true
)sql"};

constexpr pg::Query delete_tokens{"one_time_tokens.delete", R"sql(
    DELETE FROM auth.one_time_tokens WHERE account_id = $1 AND purpose = $2
)sql"};

// Who reads the mailbox has also confirmed the address.
constexpr pg::Query set_password{"accounts.reset_password", R"sql(
    UPDATE auth.accounts SET password_hash = $2, status = 'active', version = version + 1, updated_at = now() WHERE id = $1
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

constexpr pg::Query activate{"accounts.activate", R"sql(
    UPDATE auth.accounts SET status = 'active', version = version + 1, updated_at = now() WHERE id = $1 AND status = 'pending'
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

// Whoever has forgotten a password has tried some.
constexpr pg::Query forget_failures{"login_failures.forget", "DELETE FROM auth.login_failures WHERE subject = $1"};

constexpr pg::Query sweep_tokens{"one_time_tokens.sweep", R"sql(
    DELETE FROM auth.one_time_tokens WHERE expires_at < now() - interval '1 day'
)sql"};

bool is_same_mailbox(const Email& one, const Email& other) {
    return identity::to_lower(one.text()) == identity::to_lower(other.text());
}

}  // namespace

awaitable<> void_email_changes(pg::Transaction& transaction, UserId account) {
    co_await transaction.execute(void_changes, account);
}

awaitable<> LinksRepository::note_request(LinkPurpose purpose, std::string email, Device device, std::string correlation_id) {
    co_await pool_.execute(insert_request, new_uuid(), purpose, email, device.user_agent, device.address, correlation_id);
}

awaitable<> LinksRepository::append_link(pg::Transaction& transaction, const Account& account, LinkPurpose purpose) {
    const auto token = OpaqueToken::create();
    const auto expires_at =
        co_await transaction.one<Timestamp>(insert_token, token.hash(), account.id, purpose, account.email, life_of(purpose));
    const auto* path = purpose == LinkPurpose::password_reset ? "/auth/password/reset?token=" : "/auth/email/verify?token=";
    json::Object content{{"link", public_url_ + path + std::string(token.reveal())}, {"expires", mail_time(expires_at)}};
    co_await append_mail(transaction, account, std::string(json::enum_text(purpose)), std::move(content));
}

awaitable<bool> LinksRepository::answer_request() {
    auto transaction = co_await pool_.begin();
    const auto request = co_await transaction.maybe<LinkRequest>(take_request);
    if (!request) co_return false;
    const auto account = co_await transaction.maybe<Account>(find_entitled, request->email, request->purpose);
    if (account) {
        const auto sent = co_await transaction.one<std::int64_t>(count_links, account->id, request->purpose);
        if (sent < max_links_an_hour) co_await append_link(transaction, *account, request->purpose);
        if (request->purpose == LinkPurpose::password_reset) {
            const Audited audited{account->id, {request->user_agent, request->address}, request->correlation_id};
            co_await append_audit<events::AuditPasswordResetRequested>(transaction, audited);
        }
    }
    co_await transaction.commit();
    co_return true;
}

awaitable<Account> LinksRepository::insert_unverified(pg::Transaction& transaction, NewAccount input,
                                                      std::string correlation_id) {
    input.status = Status::pending;
    auto account = co_await insert_account(transaction, std::move(input), std::move(correlation_id));
    co_await append_link(transaction, account, LinkPurpose::email_verification);
    co_return account;
}

awaitable<std::optional<Account>> LinksRepository::find_owner_of(OpaqueToken token, LinkPurpose purpose) {
    co_return co_await pool_.maybe<Account>(find_owner, token.hash(), purpose);
}

awaitable<std::optional<std::vector<SessionId>>> LinksRepository::reset_password(OpaqueToken token, std::string password_hash,
                                                                                 Device device, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    const auto before = co_await transaction.maybe<Account>(lock_account_of_token, token.hash(), LinkPurpose::password_reset);
    if (!before) co_return std::nullopt;
    const auto used = co_await transaction.maybe<bool>(use_token, token.hash());
    if (!used) co_return std::nullopt;
    co_await transaction.execute(delete_tokens, before->id, LinkPurpose::password_reset);
    co_await void_email_changes(transaction, before->id);
    const auto account = co_await transaction.one<Account>(set_password, before->id, password_hash);
    co_await transaction.execute(forget_failures, account.id);
    auto ended = co_await revoke_sessions(transaction, account.id, SessionId{}, correlation_id);
    std::vector<std::string> fields{"password"};
    if (before->status != account.status) fields.emplace_back("status");
    const auto updated = updated_event(account, std::move(fields));
    co_await bus::outbox::append(transaction, updated, event_context(account.id, correlation_id));
    json::Object content{{"at", mail_time(account.updated_at)}};
    if (!device.address.empty()) content["ip"] = device.address;
    const Audited audited{account.id, std::move(device), std::move(correlation_id)};
    co_await append_audit<events::AuditPasswordReset>(transaction, audited);
    co_await append_mail(transaction, account, "password_changed", std::move(content));
    co_await transaction.commit();
    co_return ended;
}

awaitable<bool> LinksRepository::verify_email(OpaqueToken token, Device device, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    const auto before =
        co_await transaction.maybe<Account>(lock_account_of_token, token.hash(), LinkPurpose::email_verification);
    if (!before) co_return false;
    const auto used = co_await transaction.maybe<bool>(use_token, token.hash());
    if (!used) co_return false;
    const auto account = co_await transaction.maybe<Account>(activate, before->id);
    if (account) {
        const auto updated = updated_event(*account, {"status"});
        co_await bus::outbox::append(transaction, updated, event_context(account->id, correlation_id));
    }
    const Audited audited{before->id, std::move(device), std::move(correlation_id)};
    co_await append_audit<events::AuditEmailVerified>(transaction, audited);
    co_await transaction.commit();
    co_return true;
}

awaitable<ChangeOutcome> LinksRepository::change_unconfirmed(UserId id, AccountChange change,
                                                             std::optional<std::int64_t> expected_version,
                                                             std::string correlation_id) {
    const auto wanted = std::move(change.email);
    change.email.reset();
    auto transaction = co_await pool_.begin(account_constraints());
    auto outcome = co_await change_account(transaction, id, std::move(change), expected_version, correlation_id);
    auto account = outcome.changed.account;
    if (wanted && is_same_mailbox(*wanted, account.email)) {
        // Written otherwise, or as it is: which also takes back what waits to be confirmed.
        co_await void_email_changes(transaction, id);
        AccountChange spelling{.email = *wanted};
        auto spelled = co_await change_account(transaction, id, std::move(spelling), std::nullopt, std::move(correlation_id));
        outcome.changed.account = std::move(spelled.changed.account);
        for (auto& field : spelled.changed.updated_fields) outcome.changed.updated_fields.push_back(std::move(field));
    } else if (wanted) {
        account.email = *wanted;
        co_await append_email_change(transaction, std::move(account));
    }
    co_await transaction.commit();
    co_return outcome;
}

awaitable<> LinksRepository::append_email_change(pg::Transaction& transaction, Account wanted) {
    const bool taken = co_await transaction.one<bool>(is_taken, wanted.email, wanted.id);
    if (taken) fail(email_taken());
    const auto asked = co_await transaction.one<std::int64_t>(count_links, wanted.id, LinkPurpose::email_change);
    if (asked >= max_links_an_hour) fail(email_changes_exhausted());
    // Only the last one that was asked for.
    co_await void_email_changes(transaction, wanted.id);
    co_await append_link(transaction, wanted, LinkPurpose::email_change);
}

awaitable<bool> LinksRepository::confirm_email_change(OpaqueToken token, Device device, std::string correlation_id) {
    auto transaction = co_await pool_.begin(account_constraints());
    const auto id = co_await transaction.maybe<UserId>(lock_account_to_change, token.hash());
    if (!id) co_return false;
    const auto email = co_await transaction.maybe<Email>(use_new_email, token.hash());
    if (!email) co_return false;
    const bool taken = co_await transaction.one<bool>(is_taken, *email, *id);
    if (taken) co_return false;
    AccountChange change{.email = *email};
    co_await change_account(transaction, *id, std::move(change), std::nullopt, correlation_id);
    const Audited audited{*id, std::move(device), std::move(correlation_id)};
    co_await append_audit<events::AuditEmailVerified>(transaction, audited);
    co_await transaction.commit();
    co_return true;
}

awaitable<> LinksRepository::sweep() {
    co_await pool_.execute(sweep_tokens);
}

}  // namespace darkroom::accounts
