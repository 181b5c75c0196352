#include "services/auth/internal_api.hpp"

#include "services/auth/domain/errors.hpp"

#include <algorithm>
#include <array>

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

constexpr std::string_view command_line = "darkroom-cli";
constexpr std::string_view user_service = "user-service";
constexpr http::EndpointOptions internal{.internal = true};

void require_service(const http::Context& context, std::string_view name) {
    if (context.caller.service != name) fail(wrong_service());
}

constexpr std::array<std::string_view, 3> demo_ids{"admin-001", "user-001", "premium-001"};

}  // namespace

const http::Endpoints<InternalApi>& InternalApi::endpoints() {
    static const http::Endpoints<InternalApi> table{
        {Verb::get, "/internal/revocations", Access::service, &InternalApi::list_revocations, "List ended sessions.", internal},
        {Verb::put, "/internal/accounts/{id}", Access::service, &InternalApi::change_account, "Change an account.", internal},
        {Verb::post, "/internal/accounts", Access::service, &InternalApi::create_account, "Make an account.", internal},
        {Verb::del, "/internal/accounts/{id}", Access::service, &InternalApi::delete_account, "Delete an account.", internal},
        {Verb::post, "/internal/admin-links", Access::service, &InternalApi::create_admin_link,
         "Make a one-time link for the first admin.", internal},
        {Verb::post, "/internal/admins", Access::service, &InternalApi::ensure_admin, "Make sure that this admin exists.",
         internal},
        {Verb::post, "/internal/demo-accounts", Access::service, &InternalApi::ensure_demo_accounts,
         "Make the sample accounts.", internal},
    };
    return table;
}

awaitable<http::Ok<RevocationsReply>> InternalApi::list_revocations(http::Query<RevocationsQuery> query) {
    auto page = co_await sessions_.revoked_since(query->since);
    co_return http::Ok<RevocationsReply>{{std::move(page.session_ids), page.as_of}};
}

awaitable<http::Ok<AccountReply>> InternalApi::change_account(http::Context& context, http::Path<AccountPath> path,
                                                              http::Body<AccountCommand> body) {
    require_service(context, user_service);
    auto& command = body.value;
    // The only thing that can be done to a deleted account.
    if (command.status == Status::active) {
        auto restored = co_await deletions_.restore(path->id, context.correlation_id.text());
        if (restored) co_return http::Ok<AccountReply>{{std::move(*restored), {"status", "deleted_at"}}, "Account restored"};
    }
    const bool new_address = command.email.has_value();
    auto outcome = co_await apply_command(path->id, std::move(command), context.correlation_id.text());
    if (new_address) courier_.wake();
    co_await revocations_.publish(std::move(outcome.revoked));
    http::Ok<AccountReply> reply{.message = "Account changed"};
    static_cast<Account&>(reply.data) = std::move(outcome.changed.account);
    reply.data.updated_fields = std::move(outcome.changed.updated_fields);
    co_return reply;
}

awaitable<ChangeOutcome> InternalApi::apply_command(UserId id, AccountCommand command, std::string correlation_id) {
    const bool to_confirm = options_.verify_email && command.email && !command.email_confirmed.value_or(false);
    AccountChange change{.email = std::move(command.email),
                         .username = std::move(command.username),
                         .full_name = std::move(command.full_name),
                         .avatar_url = std::move(command.avatar_url),
                         .role = command.role,
                         .status = command.status};
    if (to_confirm) {
        return links_.change_unconfirmed(std::move(id), std::move(change), command.expected_version, std::move(correlation_id));
    }
    return accounts_.change(std::move(id), std::move(change), command.expected_version, std::move(correlation_id));
}

awaitable<http::Ok<Account>> InternalApi::create_account(http::Context& context, http::Body<AccountCreation> body) {
    require_service(context, user_service);
    auto& command = body.value;
    const auto existing = co_await accounts_.find(command.id);
    // Sent again. Under another e-mail it is another account, and its id is taken.
    if (existing && existing->email == command.email) co_return http::Ok<Account>{*existing, "Account created"};
    options_.policy.check(command.password, command.username, command.email).value();
    NewAccount input{.id = command.id,
                     .email = std::move(command.email),
                     .username = std::move(command.username),
                     .full_name = command.full_name.value_or(FullName{}),
                     .role = command.role.value_or(Role::user),
                     .status = command.status.value_or(Status::active)};
    input.password_hash = co_await hasher_.hash(std::move(command.password));
    auto account = co_await accounts_.create(std::move(input), context.correlation_id.text());
    co_return http::Ok<Account>{std::move(account), "Account created"};
}

awaitable<http::Ok<DeletableAccount>> InternalApi::delete_account(http::Context& context, http::Path<AccountPath> path) {
    require_service(context, user_service);
    auto account = co_await deletions_.remove(path->id, context.correlation_id.text());
    co_return http::Ok<DeletableAccount>{std::move(account), "Account deleted"};
}

awaitable<http::Ok<AdminLinkReply>> InternalApi::create_admin_link(http::Context& context) {
    require_service(context, command_line);
    const bool exists = co_await setup_.admin_exists();
    if (exists) co_return http::Ok<AdminLinkReply>{{.exists = true}, "There is an admin already"};
    const auto link = co_await setup_.create_link(options_.setup_link_life);
    auto url = options_.public_url + "/auth/setup?token=" + std::string(link.token.reveal());
    co_return http::Ok<AdminLinkReply>{{.url = std::move(url), .expires_at = link.expires_at}, "Link created"};
}

awaitable<http::Ok<User>> InternalApi::ensure_admin(http::Context& context, http::Body<AdminRequest> body) {
    require_service(context, command_line);
    auto& request = body.value;
    NewAccount input;
    input.username = request.username.value_or(Username::derived_from(request.email.local_part()));
    if (!request.username) input.username = co_await setup_.free_username(input.username);
    input.email = std::move(request.email);
    options_.policy.check(request.password, input.username, input.email).value();
    input.password_hash = co_await hasher_.hash(std::move(request.password));
    User user = co_await setup_.ensure_admin(std::move(input), context.correlation_id.text());
    co_return http::Ok<User>{std::move(user), "The admin exists"};
}

awaitable<http::Ok<DemoAccountsReply>> InternalApi::ensure_demo_accounts(http::Context& context,
                                                                         http::Body<DemoAccountsRequest> body) {
    require_service(context, command_line);
    http::Ok<DemoAccountsReply> reply{.message = "The sample accounts exist"};
    for (auto& account : body.value.accounts) {
        if (std::ranges::find(demo_ids, account.id.text()) == demo_ids.end()) {
            fail(invalid_field("accounts", "may only name admin-001, user-001 and premium-001"));
        }
        NewAccount input{.id = account.id,
                         .email = std::move(account.email),
                         .username = std::move(account.username),
                         .full_name = std::move(account.full_name),
                         .role = account.role};
        input.password_hash = co_await hasher_.hash(std::move(account.password));
        User user = co_await setup_.ensure_demo_account(std::move(input), context.correlation_id.text());
        reply.data.users.push_back(std::move(user));
    }
    co_return reply;
}

}  // namespace darkroom::accounts
