#include "services/auth/setup_repository.hpp"

#include "services/auth/domain/errors.hpp"

#include <algorithm>

namespace darkroom::accounts {

namespace {

constexpr pg::Query find_admin{"accounts.admin_exists", R"sql(
    SELECT EXISTS (SELECT 1 FROM auth.accounts WHERE role = 'admin' AND status = 'active')
)sql"};

constexpr pg::Query insert_link{"setup_links.insert", R"sql(
    INSERT INTO auth.setup_links (token_hash, expires_at) VALUES ($1, now() + $2::interval) RETURNING expires_at
)sql"};

constexpr pg::Query find_link{"setup_links.find", R"sql(
    SELECT EXISTS (SELECT 1 FROM auth.setup_links WHERE token_hash = $1 AND expires_at > now())
)sql"};

// All of them in one statement: two links used at the same time meet at these rows, and the second finds them gone.
constexpr pg::Query take_links{"setup_links.take_all", R"sql(
    DELETE FROM auth.setup_links RETURNING CASE WHEN expires_at > now() THEN token_hash ELSE 'expired' END
)sql"};

constexpr pg::Query find_by_email{"accounts.find_by_email", R"sql(
    SELECT id FROM auth.accounts WHERE lower(email) = lower($1)
)sql"};

constexpr pg::Query find_free_username{"accounts.free_username", R"sql(
    SELECT candidate
    FROM (SELECT $1::text AS candidate, 1 AS number
          UNION ALL SELECT left($1::text, 28) || '-' || number, number FROM generate_series(2, 999) AS number) AS candidates
    WHERE NOT EXISTS (SELECT 1 FROM auth.accounts WHERE lower(username) = lower(candidate))
    ORDER BY number LIMIT 1
)sql"};

constexpr pg::Query set_demo_password{"accounts.set_demo_password", R"sql(
    UPDATE auth.accounts SET password_hash = $2 WHERE id = $1
    RETURNING id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login, version
)sql"};

}  // namespace

awaitable<bool> SetupRepository::admin_exists() {
    co_return co_await pool_.one<bool>(find_admin);
}

awaitable<SetupLink> SetupRepository::create_link(Seconds life) {
    auto token = OpaqueToken::create();
    const auto expires_at = co_await pool_.one<Timestamp>(insert_link, token.hash(), life);
    co_return SetupLink{std::move(token), expires_at};
}

awaitable<bool> SetupRepository::is_good_link(OpaqueToken token) {
    co_return co_await pool_.one<bool>(find_link, token.hash());
}

awaitable<Username> SetupRepository::free_username(Username wished) {
    co_return co_await pool_.one<Username>(find_free_username, wished);
}

awaitable<bool> SetupRepository::is_email_taken(Email email) {
    const auto owner = co_await pool_.maybe<UserId>(find_by_email, email);
    co_return owner.has_value();
}

awaitable<Account> SetupRepository::create_admin_by_link(OpaqueToken token, NewAccount input, std::string correlation_id) {
    input.role = Role::admin;
    auto transaction = co_await pool_.begin(account_constraints());
    const auto links = co_await transaction.all<TokenHash>(take_links);
    if (std::ranges::find(links, token.hash()) == links.end()) fail(setup_link_invalid());
    auto account = co_await insert_account(transaction, std::move(input), std::move(correlation_id));
    co_await transaction.commit();
    co_return account;
}

awaitable<Account> SetupRepository::ensure_admin(NewAccount input, std::string correlation_id) {
    auto transaction = co_await pool_.begin(account_constraints());
    co_await transaction.execute(take_links);
    const auto existing = co_await transaction.maybe<UserId>(find_by_email, input.email);
    Account account;
    if (existing) {
        const AccountChange promotion{.role = Role::admin, .status = Status::active};
        const auto outcome =
            co_await change_account(transaction, *existing, promotion, std::nullopt, std::move(correlation_id));
        account = outcome.changed.account;
    } else {
        input.role = Role::admin;
        account = co_await insert_account(transaction, std::move(input), std::move(correlation_id));
    }
    co_await transaction.commit();
    co_return account;
}

awaitable<Account> SetupRepository::ensure_demo_account(NewAccount input, std::string correlation_id) {
    auto transaction = co_await pool_.begin(account_constraints());
    auto account = co_await transaction.maybe<Account>(set_demo_password, input.id, input.password_hash);
    if (!account) account = co_await insert_account(transaction, std::move(input), std::move(correlation_id));
    co_await transaction.commit();
    co_return *account;
}

}  // namespace darkroom::accounts
