#include "services/auth/grants_repository.hpp"

#include "services/auth/account_events.hpp"

namespace darkroom::accounts {

namespace {

/// Long enough for a slow redirect (RFC 6749 §4.1.2 recommends ten minutes at most).
constexpr Seconds code_life{60};

// True when it is news.
constexpr pg::Query note_consent{"oauth_consents.note", R"sql(
    INSERT INTO auth.oauth_consents AS known (account_id, client_id, scopes) VALUES ($1, $2, $3)
    ON CONFLICT (account_id, client_id) DO UPDATE SET scopes = excluded.scopes, granted_at = now()
    WHERE known.scopes <> excluded.scopes
    RETURNING true
)sql"};

constexpr pg::Query insert_code{"authorization_codes.insert", R"sql(
    INSERT INTO auth.authorization_codes
        (code_hash, client_id, account_id, redirect_uri, scopes, code_challenge, nonce, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::interval)
)sql"};

struct StoredCode {
    ClientId client_id{};
    UserId account_id{};
    std::string redirect_uri{};
    Scopes scopes{};
    std::string code_challenge{};
    std::optional<std::string> nonce{};
    Timestamp created_at{};
    bool expired = false;
    bool redeemed = false;
    std::optional<SessionId> session_id{};
};
BOOST_DESCRIBE_STRUCT(StoredCode, (),
                      (client_id, account_id, redirect_uri, scopes, code_challenge, nonce, created_at, expired, redeemed,
                       session_id))

// Two uses at once take turns.
constexpr pg::Query lock_code{"authorization_codes.lock", R"sql(
    SELECT client_id, account_id, redirect_uri, scopes, code_challenge, nonce, created_at, expires_at <= now() AS expired,
           redeemed_at IS NOT NULL AS redeemed, session_id
    FROM auth.authorization_codes WHERE code_hash = $1 FOR UPDATE
)sql"};

// The account's lock orders this against a suspension or a change of role, as in sessions_repository.cpp.
constexpr pg::Query lock_account{"authorization_codes.lock_account", R"sql(
    SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
    FROM auth.accounts WHERE id = $1 AND status = 'active' FOR UPDATE
)sql"};

constexpr pg::Query mark_redeemed{"authorization_codes.mark_redeemed", R"sql(
    UPDATE auth.authorization_codes SET session_id = $2, redeemed_at = now() WHERE code_hash = $1
)sql"};

constexpr pg::Query end_session{"authorization_codes.end_session", R"sql(
    UPDATE auth.sessions SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL
)sql"};

constexpr pg::Query sweep_codes{"authorization_codes.sweep", R"sql(
    DELETE FROM auth.authorization_codes WHERE expires_at < now() - interval '1 day'
)sql"};

bool is_right(const StoredCode& stored, const Redemption& redemption) {
    return !stored.expired && !stored.redeemed && stored.redirect_uri == redemption.redirect_uri &&
           verifies(redemption.verifier, stored.code_challenge);
}

}  // namespace

awaitable<OpaqueToken> GrantsRepository::permit(Permission permission, Audited audited) {
    auto code = OpaqueToken::create();
    auto transaction = co_await pool_.begin();
    const auto news = co_await transaction.maybe<bool>(note_consent, audited.account, permission.client_id, permission.scopes);
    co_await transaction.execute(insert_code, code.hash(), permission.client_id, audited.account, permission.redirect_uri,
                                 permission.scopes, permission.code_challenge, permission.nonce, code_life);
    if (news) {
        co_await append_audit<events::AuditConsentGiven>(transaction, audited, {.subject_id = permission.client_id.text()});
    }
    co_await transaction.commit();
    co_return code;
}

awaitable<RedemptionOutcome> GrantsRepository::redeem(Redemption redemption, Device device, std::string correlation_id) {
    const auto& client = redemption.client;
    auto transaction = co_await pool_.begin();
    auto stored = co_await transaction.maybe<StoredCode>(lock_code, redemption.code.hash());
    // Somebody else's code is left alone, or any client could spoil it.
    if (!stored || stored->client_id != client.client_id) co_return RedemptionOutcome{};
    RedemptionOutcome outcome;
    if (stored->redeemed && stored->session_id) {
        const auto ended = co_await transaction.execute(end_session, *stored->session_id);
        if (ended == 0) co_return outcome;
        const auto logout = logout_event(stored->account_id, *stored->session_id);
        co_await bus::outbox::append(transaction, logout, event_context(stored->account_id, std::move(correlation_id)));
        co_await transaction.commit();
        outcome.revoked = stored->session_id;
        co_return outcome;
    }
    if (!is_right(*stored, redemption)) co_return outcome;
    auto account = co_await transaction.maybe<Account>(lock_account, stored->account_id);
    if (!account) co_return outcome;
    const bool renewable = client.may_use(GrantType::refresh_token);
    const auto family = TokenFamily::start(stored->account_id, clock_.now(), renewable ? refresh_life_ : access_life_);
    const auto state = family.state();
    const auto scopes = scopes_of_role(stored->scopes, account->role);
    SessionClient session_client{.client_id = client.client_id.text(), .scopes = scopes, .renewable = renewable};
    co_await insert_session(transaction, state, std::move(device), std::move(session_client));
    co_await transaction.execute(mark_redeemed, redemption.code.hash(), state.session_id);
    co_await transaction.commit();
    outcome.grant =
        RedeemedGrant{{std::move(*account), state.session_id, family.current(), scopes}, stored->nonce, stored->created_at};
    co_return outcome;
}

awaitable<> GrantsRepository::sweep() {
    co_await pool_.execute(sweep_codes);
}

}  // namespace darkroom::accounts
