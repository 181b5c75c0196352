#include "services/auth/links_repository.hpp"

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

constexpr pg::Query find_token{"one_time_tokens.is_good", R"sql(
    SELECT EXISTS (SELECT 1 FROM auth.one_time_tokens t JOIN auth.accounts a ON a.id = t.account_id
                   WHERE t.token_hash = $1 AND t.purpose = $2 AND t.expires_at > now() AND lower(a.email) = lower(t.email)
                     AND a.status IN ('active', 'pending'))
)sql"};

// The account's lock comes first, as everywhere.
constexpr pg::Query lock_account_of_token{"one_time_tokens.lock_account", R"sql(
    SELECT a.id, a.email, a.username, a.full_name, a.role, a.status, a.avatar_url, a.created_at, a.updated_at, a.last_login,
           a.version
    FROM auth.one_time_tokens t JOIN auth.accounts a ON a.id = t.account_id
    WHERE t.token_hash = $1 AND t.purpose = $2 AND lower(a.email) = lower(t.email) AND a.status IN ('active', 'pending')
    FOR UPDATE OF a
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

}  // namespace

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

awaitable<bool> LinksRepository::is_good(OpaqueToken token, LinkPurpose purpose) {
    co_return co_await pool_.one<bool>(find_token, token.hash(), purpose);
}

awaitable<std::optional<std::vector<SessionId>>> LinksRepository::reset_password(OpaqueToken token, std::string password_hash,
                                                                                 Device device, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    const auto before = co_await transaction.maybe<Account>(lock_account_of_token, token.hash(), LinkPurpose::password_reset);
    if (!before) co_return std::nullopt;
    const auto used = co_await transaction.maybe<bool>(use_token, token.hash());
    if (!used) co_return std::nullopt;
    co_await transaction.execute(delete_tokens, before->id, LinkPurpose::password_reset);
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

awaitable<> LinksRepository::sweep() {
    co_await pool_.execute(sweep_tokens);
}

}  // namespace darkroom::accounts
