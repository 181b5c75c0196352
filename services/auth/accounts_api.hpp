// /auth for people: sign up, sign in, stay signed in, sign out.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/auth/courier.hpp"
#include "services/auth/idempotent_api.hpp"
#include "services/auth/revocation_publisher.hpp"
#include "services/auth/sign_in.hpp"
#include "services/auth/token_issuer.hpp"

namespace darkroom::accounts {

struct RegisterRequest {
    Email email{};
    Username username{};
    Password password{};
    std::optional<FullName> full_name{};
};
BOOST_DESCRIBE_STRUCT(RegisterRequest, (), (email, username, password, full_name))

struct LoginRequest {
    /// Or the username.
    std::string email;
    std::string password;
    /// For accounts with a second factor.
    std::optional<std::string> otp;
};
BOOST_DESCRIBE_STRUCT(LoginRequest, (), (email, password, otp))

struct RefreshRequest {
    std::string refresh_token;
};
BOOST_DESCRIBE_STRUCT(RefreshRequest, (), (refresh_token))

struct ValidateRequest {
    std::string token;
};
BOOST_DESCRIBE_STRUCT(ValidateRequest, (), (token))

struct PasswordChange {
    std::string old_password;
    Password new_password{};
};
BOOST_DESCRIBE_STRUCT(PasswordChange, (), (old_password, new_password))

struct TokenReply {
    std::string access_token;
    std::string refresh_token;
    std::string token_type;
    std::int64_t expires_in = 0;
    User user{};
};
BOOST_DESCRIBE_STRUCT(TokenReply, (), (access_token, refresh_token, token_type, expires_in, user))

struct ValidateReply {
    bool valid = false;
    std::optional<User> user;
};
BOOST_DESCRIBE_STRUCT(ValidateReply, (), (valid, user))

struct SessionReply : SessionRow {
    /// "Firefox on Linux"
    std::string device{};
    /// The one that this request was made with.
    bool current = false;
};
BOOST_DESCRIBE_STRUCT(SessionReply, (SessionRow), (device, current))

struct SessionList {
    std::vector<SessionReply> sessions;
    http::Pagination pagination{};
};
BOOST_DESCRIBE_STRUCT(SessionList, (), (sessions, pagination))

struct SessionPath {
    SessionId id{};
};
BOOST_DESCRIBE_STRUCT(SessionPath, (), (id))

/// What a session's owner may know of where a request came from: printable ASCII, bounded.
Device device_of(const http::Context& context);
/// For what the caller does to the own account.
Audited audited(const http::Context& context);
TokenReply token_reply(const TokenIssuer& issuer, const SignedIn& signed_in);

class AccountsApi {
public:
    /// `verify_email`: who registers must confirm the address first.
    AccountsApi(AccountsRepository& accounts, SessionsRepository& sessions, LinksRepository& links, Courier& courier,
                IdempotencyRepository& idempotency, PasswordHasher& hasher, SignIn& sign_in, TokenIssuer& issuer,
                RevocationPublisher& revocations, PasswordPolicy policy, bool verify_email)
        : accounts_(accounts),
          sessions_(sessions),
          links_(links),
          courier_(courier),
          idempotency_(idempotency),
          hasher_(hasher),
          sign_in_(sign_in),
          issuer_(issuer),
          revocations_(revocations),
          policy_(policy),
          verify_email_(verify_email) {}

    static const http::Endpoints<AccountsApi>& endpoints();

private:
    awaitable<http::Ok<User>> sign_up(http::Context& context, http::Body<RegisterRequest> body);
    awaitable<http::Ok<TokenReply>> log_in(http::Context& context, http::Body<LoginRequest> body);
    awaitable<http::Ok<TokenReply>> refresh(http::Context& context, http::Body<RefreshRequest> body);
    awaitable<http::Ok<>> log_out(http::Context& context);
    awaitable<http::Ok<User>> read_me(http::Context& context);
    awaitable<http::Ok<ValidateReply>> validate(http::Input<ValidateRequest> input);
    awaitable<http::Ok<>> change_password(http::Context& context, http::Body<PasswordChange> body);
    awaitable<http::Ok<SessionList>> list_sessions(http::Context& context, http::Query<http::PageQuery> query);
    awaitable<http::Ok<>> end_session(http::Context& context, http::Path<SessionPath> path);

    AccountsRepository& accounts_;
    SessionsRepository& sessions_;
    LinksRepository& links_;
    Courier& courier_;
    IdempotencyRepository& idempotency_;
    PasswordHasher& hasher_;
    SignIn& sign_in_;
    TokenIssuer& issuer_;
    RevocationPublisher& revocations_;
    PasswordPolicy policy_;
    bool verify_email_;
};

}  // namespace darkroom::accounts
