#include "services/auth/accounts_api.hpp"

#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

constexpr std::size_t max_user_agent = 256;

const auth::Caller& person(const http::Context& context) {
    if (context.caller.is_service()) fail(people_only());
    return context.caller;
}

}  // namespace

Device device_of(const http::Context& context) {
    std::string user_agent(context.request.headers.get("User-Agent").substr(0, max_user_agent));
    std::erase_if(user_agent, [](char c) { return c < ' ' || c > '~'; });
    return {std::move(user_agent), context.client_address};
}

Audited audited(const http::Context& context) {
    return {person(context).user_id, device_of(context), context.correlation_id.text()};
}

TokenReply token_reply(const TokenIssuer& issuer, const SignedIn& signed_in) {
    return {issuer.issue(signed_in.account, signed_in.session_id), std::string(signed_in.refresh_token.reveal()), "bearer",
            issuer.life().count(), signed_in.account};
}

const http::Endpoints<AccountsApi>& AccountsApi::endpoints() {
    static const http::Endpoints<AccountsApi> table{
        {Verb::post, "/auth/register", Access::open, &AccountsApi::sign_up, "Create an account. Honours Idempotency-Key."},
        {Verb::post, "/auth/login", Access::open, &AccountsApi::log_in, "Sign in with e-mail or username and password."},
        {Verb::post, "/auth/refresh", Access::open, &AccountsApi::refresh, "Trade a refresh token for new tokens."},
        {Verb::post, "/auth/logout", Access::session, &AccountsApi::log_out, "End the session."},
        {Verb::get,
         "/auth/me",
         Access::own(auth::permission::users_self),
         &AccountsApi::read_me,
         "Read the caller's account.",
         {.etag = true}},
        {Verb::post, "/auth/validate", Access::open, &AccountsApi::validate, "Say whether an access token is good."},
        {Verb::post, "/auth/password/change", Access::session, &AccountsApi::change_password,
         "Set a new password; ends every other session."},
        {Verb::get, "/auth/sessions", Access::session, &AccountsApi::list_sessions, "List where the caller is signed in."},
        {Verb::del, "/auth/sessions/{id}", Access::session, &AccountsApi::end_session, "Sign another device out."},
    };
    return table;
}

awaitable<http::Ok<User>> AccountsApi::sign_up(http::Context& context, http::Body<RegisterRequest> body) {
    auto once = idempotent(context, body.value);
    auto& request = body.value;
    policy_.check(request.password, request.username, request.email).value();
    NewAccount input;
    input.email = std::move(request.email);
    input.username = std::move(request.username);
    if (request.full_name) input.full_name = std::move(*request.full_name);
    input.password_hash = co_await hasher_.hash(std::move(request.password));
    http::Ok<User> reply{.message = "Account created"};
    if (verify_email_) reply.message += "; confirm the address with the link in your mail";
    auto creation = co_await idempotency_.begin(std::move(once), account_constraints());
    if (creation.earlier) {
        reply.data = replayed<User>(context, *creation.earlier);
        co_return reply;
    }
    const auto& correlation_id = context.correlation_id.text();
    if (verify_email_) {
        reply.data = co_await links_.insert_unverified(creation.transaction, std::move(input), correlation_id);
    } else {
        reply.data = co_await insert_account(creation.transaction, std::move(input), correlation_id);
    }
    co_await idempotency_.commit(std::move(creation), reply.data.id, json::serialize(json::encode(reply.data)));
    courier_.wake();
    co_return reply;
}

awaitable<http::Ok<TokenReply>> AccountsApi::log_in(http::Context& context, http::Body<LoginRequest> body) {
    auto& request = body.value;
    SignInAttempt attempt{.email_or_username = std::move(request.email),
                          .password = Secret(std::move(request.password)),
                          .otp = std::move(request.otp),
                          .device = device_of(context),
                          .correlation_id = context.correlation_id.text()};
    const auto signed_in = co_await sign_in_.with_password(std::move(attempt));
    co_return http::Ok<TokenReply>{token_reply(issuer_, signed_in.value()), "Signed in"};
}

awaitable<http::Ok<TokenReply>> AccountsApi::refresh(http::Context& context, http::Body<RefreshRequest> body) {
    const auto outcome = co_await sessions_.refresh(OpaqueToken::from(body->refresh_token), {}, device_of(context),
                                                    context.correlation_id.text());
    if (outcome.revoked) {
        std::vector<SessionId> ended{*outcome.revoked};
        co_await revocations_.publish(std::move(ended));
    }
    co_return http::Ok<TokenReply>{token_reply(issuer_, outcome.result.value()), "Tokens renewed"};
}

awaitable<http::Ok<>> AccountsApi::log_out(http::Context& context) {
    const auto& caller = person(context);
    // A session that is over already is what was asked for.
    co_await sessions_.sign_out(caller.user_id, caller.session_id, context.correlation_id.text());
    std::vector<SessionId> ended{caller.session_id};
    co_await revocations_.publish(std::move(ended));
    co_return http::Ok<>{.message = "Signed out"};
}

awaitable<http::Ok<User>> AccountsApi::read_me(http::Context& context) {
    const auto& caller = person(context);
    const auto account = co_await accounts_.find_by_session(caller.user_id, caller.session_id);
    if (!account) fail(session_revoked());
    co_return http::Ok<User>{*account};
}

awaitable<http::Ok<ValidateReply>> AccountsApi::validate(http::Input<ValidateRequest> input) {
    const http::Ok<ValidateReply> invalid{.message = "The token is not valid", .success = false};
    const auto caller = issuer_.read(input->token);
    if (!caller) co_return invalid;
    if (caller->is_service()) co_return http::Ok<ValidateReply>{{.valid = true}, "The token is a service's"};
    const auto account = co_await accounts_.find_by_session(caller->user_id, caller->session_id);
    if (!account) co_return invalid;
    co_return http::Ok<ValidateReply>{{.valid = true, .user = *account}, "The token is valid"};
}

awaitable<http::Ok<>> AccountsApi::change_password(http::Context& context, http::Body<PasswordChange> body) {
    const auto& caller = person(context);
    const auto credentials = co_await accounts_.find_credentials_of(caller.user_id);
    if (!credentials) fail(session_revoked());
    const bool right = co_await hasher_.verify(Secret(std::move(body.value.old_password)), credentials->password_hash);
    if (!right) fail(wrong_password());
    policy_.check(body->new_password, credentials->username, credentials->email, "new_password").value();
    auto new_hash = co_await hasher_.hash(std::move(body.value.new_password));
    auto ended = co_await accounts_.change_password(caller.session_id, credentials->password_hash, std::move(new_hash),
                                                    audited(context));
    courier_.wake();
    co_await revocations_.publish(std::move(ended));
    co_return http::Ok<>{.message = "Password changed; other sessions have ended"};
}

awaitable<http::Ok<SessionList>> AccountsApi::list_sessions(http::Context& context, http::Query<http::PageQuery> query) {
    const auto& caller = person(context);
    const auto page = http::PageRequest::of(query->page, query->size);
    const auto total = co_await sessions_.count_live(caller.user_id);
    const auto rows = co_await sessions_.list_live(caller.user_id, page.size, page.offset());
    http::Ok<SessionList> reply;
    reply.data.pagination = page.with_total(total);
    for (const auto& row : rows) {
        reply.data.sessions.push_back({row, device_family(row.user_agent), row.id == caller.session_id});
    }
    co_return reply;
}

awaitable<http::Ok<>> AccountsApi::end_session(http::Context& context, http::Path<SessionPath> path) {
    const bool ended = co_await sessions_.revoke(path->id, audited(context));
    if (!ended) fail(session_not_found());
    std::vector<SessionId> sessions{path->id};
    co_await revocations_.publish(std::move(sessions));
    co_return http::Ok<>{.message = "Session ended"};
}

}  // namespace darkroom::accounts
