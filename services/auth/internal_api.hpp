// What other services and the command line ask of auth-service. Never routed by the gateway.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/courier.hpp"
#include "services/auth/deletions.hpp"
#include "services/auth/password_hasher.hpp"
#include "services/auth/revocation_publisher.hpp"
#include "services/auth/sessions_repository.hpp"
#include "services/auth/setup_repository.hpp"

namespace darkroom::accounts {

struct RevocationsQuery {
    Timestamp since{};
};
BOOST_DESCRIBE_STRUCT(RevocationsQuery, (), (since))

struct RevocationsReply {
    std::vector<SessionId> session_ids;
    Timestamp as_of{};
};
BOOST_DESCRIBE_STRUCT(RevocationsReply, (), (session_ids, as_of))

struct AccountPath {
    UserId id{};
};
BOOST_DESCRIBE_STRUCT(AccountPath, (), (id))

struct AccountCommand {
    std::optional<Email> email;
    std::optional<Username> username;
    std::optional<FullName> full_name;
    /// Empty takes the picture away.
    std::optional<AvatarUrl> avatar_url;
    std::optional<Role> role;
    std::optional<Status> status;
    /// The new address needs no link: an admin answers for it. Of no consequence without AUTH_EMAIL_VERIFICATION.
    std::optional<bool> email_confirmed;
    /// Refused with 412 when the account has another version.
    std::optional<std::int64_t> expected_version;
};
BOOST_DESCRIBE_STRUCT(AccountCommand, (),
                      (email, username, full_name, avatar_url, role, status, email_confirmed, expected_version))

struct AccountReply : Account {
    std::vector<std::string> updated_fields;
};
BOOST_DESCRIBE_STRUCT(AccountReply, (Account), (updated_fields))

/// The caller chooses the id, so that a command that is sent again makes one account.
struct AccountCreation {
    UserId id{};
    Email email{};
    Username username{};
    Password password{};
    std::optional<FullName> full_name{};
    std::optional<Role> role{};
    std::optional<Status> status{};
};
BOOST_DESCRIBE_STRUCT(AccountCreation, (), (id, email, username, password, full_name, role, status))

struct AdminLinkReply {
    std::optional<std::string> url;
    std::optional<Timestamp> expires_at;
    /// True when there is an admin already; there is no link then.
    bool exists = false;
};
BOOST_DESCRIBE_STRUCT(AdminLinkReply, (), (url, expires_at, exists))

struct AdminRequest {
    Email email{};
    Password password{};
    std::optional<Username> username{};
};
BOOST_DESCRIBE_STRUCT(AdminRequest, (), (email, password, username))

/// The command line chooses them; only the ids of `./darkroom up --demo` are accepted.
struct DemoAccount {
    UserId id{};
    Email email{};
    Username username{};
    FullName full_name{};
    Role role = Role::user;
    Password password{};
};
BOOST_DESCRIBE_STRUCT(DemoAccount, (), (id, email, username, full_name, role, password))

struct DemoAccountsRequest {
    std::vector<DemoAccount> accounts;
};
BOOST_DESCRIBE_STRUCT(DemoAccountsRequest, (), (accounts))

struct DemoAccountsReply {
    std::vector<User> users;
};
BOOST_DESCRIBE_STRUCT(DemoAccountsReply, (), (users))

class InternalApi {
public:
    struct Options {
        std::string public_url;
        Seconds setup_link_life;
        /// Another address must be confirmed before it is the account's.
        bool verify_email;
        PasswordPolicy policy;
    };
    InternalApi(AccountsRepository& accounts, SessionsRepository& sessions, LinksRepository& links, Courier& courier,
                SetupRepository& setup, PasswordHasher& hasher, RevocationPublisher& revocations, Deletions& deletions,
                Options options)
        : accounts_(accounts),
          sessions_(sessions),
          links_(links),
          courier_(courier),
          setup_(setup),
          hasher_(hasher),
          revocations_(revocations),
          deletions_(deletions),
          options_(std::move(options)) {}

    static const http::Endpoints<InternalApi>& endpoints();

private:
    awaitable<ChangeOutcome> apply_command(UserId id, AccountCommand command, std::string correlation_id);
    awaitable<http::Ok<RevocationsReply>> list_revocations(http::Query<RevocationsQuery> query);
    awaitable<http::Ok<AccountReply>> change_account(http::Context& context, http::Path<AccountPath> path,
                                                     http::Body<AccountCommand> body);
    awaitable<http::Ok<Account>> create_account(http::Context& context, http::Body<AccountCreation> body);
    awaitable<http::Ok<DeletableAccount>> delete_account(http::Context& context, http::Path<AccountPath> path);
    awaitable<http::Ok<AdminLinkReply>> create_admin_link(http::Context& context);
    awaitable<http::Ok<User>> ensure_admin(http::Context& context, http::Body<AdminRequest> body);
    awaitable<http::Ok<DemoAccountsReply>> ensure_demo_accounts(http::Context& context, http::Body<DemoAccountsRequest> body);

    AccountsRepository& accounts_;
    SessionsRepository& sessions_;
    LinksRepository& links_;
    Courier& courier_;
    SetupRepository& setup_;
    PasswordHasher& hasher_;
    RevocationPublisher& revocations_;
    Deletions& deletions_;
    Options options_;
};

}  // namespace darkroom::accounts
