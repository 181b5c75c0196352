#include "services/users/api.hpp"

#include "services/users/domain/errors.hpp"

#include <array>

namespace darkroom::users {

using auth::permission::users_manage;
using auth::permission::users_self;
using http::Access;
using http::Verb;

namespace {

constexpr std::size_t max_search_length = 200;

const auth::Caller& person(const http::Context& context) {
    if (context.caller.is_service()) fail(people_only());
    return context.caller;
}

/// Before anything is looked up, so that the answer does not tell which users exist.
void require_access_to(const http::Context& context, const UserId& id) {
    if (context.caller.may(users_manage)) return;
    if (context.caller.is_service() || context.caller.user_id != id) fail(foreign_user());
    if (context.caller.is_scoped() && !context.caller.may(users_self)) fail(scope_missing());
}

/// A guest may look, not change.
void require_right_to_change(const auth::Caller& caller) {
    if (!caller.may(users_self) && !caller.may(users_manage)) fail(foreign_user());
}

Profile profile_of(const StoredUser& user) {
    return user;
}

// The same tags that the endpoint layer gives to GET /users/me and GET /users/{id}.
std::string profile_tag(const StoredUser& user) {
    return http::etag_of(json::serialize(json::encode(profile_of(user))));
}
std::string user_tag(const StoredUser& user) {
    return http::etag_of(json::serialize(json::encode(static_cast<const User&>(user))));
}

std::optional<std::string> word_of(const std::optional<WordFilter>& filter) {
    return filter ? std::optional(filter->text()) : std::nullopt;
}

/// Every name of the enumeration, 0 where the database knows none.
template <class Enum>
std::map<std::string, std::int64_t> complete(const std::vector<NamedCount>& counts) {
    std::map<std::string, std::int64_t> all;
    for (const auto name : json::enum_names<Enum>()) all[std::string(name)] = 0;
    for (const auto& [name, count] : counts) all[name] = count;
    return all;
}

std::optional<std::string> bounded(std::optional<std::string> text, std::string_view field) {
    if (text && text->size() > max_search_length) fail(invalid_field(std::string(field), "must be at most 200 bytes"));
    return text;
}

}  // namespace

const http::Endpoints<Api>& Api::endpoints() {
    static const http::Endpoints<Api> table{
        {Verb::get, "/users/me", Access::own(users_self), &Api::read_own_profile, "Read the caller's profile.", {.etag = true}},
        {Verb::put, "/users/me", Access::permission(users_self), &Api::replace_own_profile,
         "Change the caller's profile; preferences are replaced."},
        {Verb::patch, "/users/me", Access::permission(users_self), &Api::patch_own_profile,
         "Change the caller's profile; preferences are merged (RFC 7396)."},
        {Verb::del, "/users/me", Access::permission(users_self), &Api::delete_self,
         "Delete the caller's account: at once for everybody, then purged with all that belongs to it."},
        {Verb::post, "/users", Access::permission(users_manage), &Api::create_user,
         "Make a user. With an Idempotency-Key, sending again gives the first one."},
        {Verb::get, "/users/stats", Access::permission(users_manage), &Api::read_stats,
         "Users by role and status, sign-ups per day, and how many are active."},
        {Verb::get, "/users", Access::permission(users_manage), &Api::list_users, "List users.", {.etag = true}},
        {Verb::get, "/admin/users", Access::permission(users_manage), &Api::list_users, "List users.", {.etag = true}},
        {Verb::get, "/users/search", Access::permission(users_manage), &Api::search_users,
         "Search users by e-mail, username and name."},
        {Verb::get, "/users/{id}", Access::signed_in, &Api::read_user, "Read a user.", {.etag = true}},
        {Verb::put, "/users/{id}", Access::signed_in, &Api::change_user, "Change a user."},
        {Verb::del, "/users/{id}", Access::signed_in, &Api::delete_user, "Delete a user."},
        {Verb::put, "/users/{id}/role", Access::permission(users_manage), &Api::change_role, "Give a user another role."},
        {Verb::put, "/users/{id}/status", Access::permission(users_manage), &Api::change_status,
         "Suspend a user, make them active again, or restore a deleted one before the purge."},
        {Verb::get, "/roles", Access::signed_in, &Api::list_roles, "List roles with their permissions.", {.etag = true}},
    };
    return table;
}

awaitable<http::Ok<Profile>> Api::read_own_profile(http::Context& context) {
    const auto user = co_await profiles_.read_own(person(context));
    co_return http::Ok<Profile>{profile_of(user)};
}

awaitable<http::Ok<Profile>> Api::replace_own_profile(http::Context& context, http::Body<ProfileRequest> body) {
    return change_own(context, std::move(body.value), false);
}

awaitable<http::Ok<Profile>> Api::patch_own_profile(http::Context& context, http::Body<ProfileRequest> body) {
    return change_own(context, std::move(body.value), true);
}

awaitable<http::Ok<Profile>> Api::change_own(http::Context& context, ProfileRequest request, bool merge_preferences) {
    auto before = co_await profiles_.own(person(context));
    co_return co_await change_profile(context, std::move(before), std::move(request), merge_preferences, &profile_tag);
}

awaitable<http::Ok<Profile>> Api::change_profile(http::Context& context, StoredUser before, ProfileRequest request,
                                                 bool merge_preferences, Tag tag) {
    context.require_match(tag(before));
    // Who has the mailbox can set a new password: a key must not become the account.
    if (request.email && *request.email != before.email) context.caller.require_session();
    ProfileChange change;
    change.account.full_name = std::move(request.full_name);
    change.account.username = std::move(request.username);
    change.account.avatar_url = std::move(request.avatar_url);
    change.account.email = request.email;
    if (request.email && context.caller.user_id != before.id) change.account.email_confirmed = true;
    if (request.preferences) change.preferences = PreferencesChange{std::move(*request.preferences), merge_preferences};
    const auto user = co_await profiles_.change(context, std::move(before), std::move(change));
    context.response_headers.set("ETag", '"' + tag(user) + '"');
    http::Ok<Profile> reply{profile_of(user), "Profile changed"};
    if (request.email && *request.email != user.email) reply.message += "; confirm the new address with the link mailed to it";
    co_return reply;
}

awaitable<http::Ok<User>> Api::read_user(http::Context& context, http::Path<UserPath> path) {
    require_access_to(context, path->id);
    const auto user = co_await profiles_.read(path->id);
    if (!user) fail(user_not_found());
    co_return http::Ok<User>{*user};
}

awaitable<http::Ok<Profile>> Api::change_user(http::Context& context, http::Path<UserPath> path,
                                              http::Body<ProfileRequest> body) {
    require_access_to(context, path->id);
    require_right_to_change(context.caller);
    auto before = co_await profiles_.find(path->id);
    if (!before) fail(user_not_found());
    co_return co_await change_profile(context, std::move(*before), std::move(body.value), false, &user_tag);
}

awaitable<http::Ok<>> Api::delete_self(http::Context& context) {
    const auto& caller = person(context);
    caller.require_session();
    if (context.request.headers.has("If-Match")) {
        const auto before = co_await profiles_.own(caller);
        context.require_match(profile_tag(before));
    }
    co_await profiles_.remove(context, caller.user_id);
    co_return http::Ok<>{.message = "Account deleted"};
}

awaitable<http::Ok<>> Api::delete_user(http::Context& context, http::Path<UserPath> path) {
    require_access_to(context, path->id);
    require_right_to_change(context.caller);
    if (context.caller.user_id == path->id) context.caller.require_session();
    if (context.request.headers.has("If-Match")) {
        const auto before = co_await profiles_.find(path->id);
        if (!before) fail(user_not_found());
        context.require_match(user_tag(*before));
    }
    co_await profiles_.remove(context, path->id);
    co_return http::Ok<>{.message = "User deleted"};
}

awaitable<http::Ok<User>> Api::create_user(http::Context& context, http::Body<NewUser> body) {
    std::optional<IdempotencyKey> key;
    const auto given = context.request.headers.get("Idempotency-Key");
    if (!given.empty()) key = IdempotencyKey::parse(given).value();
    const auto user = co_await profiles_.create(context, std::move(body.value), std::move(key));
    context.response_headers.set("ETag", '"' + user_tag(user) + '"');
    co_return http::Ok<User>{user, "User created"};
}

awaitable<http::Ok<User>> Api::change_role(http::Context& context, http::Path<UserPath> path, http::Body<RoleRequest> body) {
    auto before = co_await profiles_.find(path->id);
    if (!before) fail(user_not_found());
    AccountChange change;
    change.role = body->role;
    co_return co_await change_account(context, std::move(*before), std::move(change));
}

awaitable<http::Ok<User>> Api::change_status(http::Context& context, http::Path<UserPath> path,
                                             http::Body<StatusRequest> body) {
    AccountChange change;
    change.status = body->status;
    auto before = co_await profiles_.find(path->id);
    if (before) co_return co_await change_account(context, std::move(*before), std::move(change));
    // Of a deleted user only auth knows whether it can be brought back.
    if (body->status != Status::active) fail(user_not_found());
    const auto user = co_await profiles_.change_account(context, path->id, std::move(change));
    co_return http::Ok<User>{user, "User restored"};
}

awaitable<http::Ok<User>> Api::change_account(http::Context& context, StoredUser before, AccountChange change) {
    context.require_match(user_tag(before));
    ProfileChange wanted{std::move(change), std::nullopt};
    const auto user = co_await profiles_.change(context, std::move(before), std::move(wanted));
    context.response_headers.set("ETag", '"' + user_tag(user) + '"');
    co_return http::Ok<User>{user, "User changed"};
}

awaitable<http::Ok<UserList>> Api::list_users(http::Query<ListQuery> query) {
    auto& value = query.value;
    UserFilter filter{word_of(value.role), word_of(value.status), bounded(std::move(value.q), "q"), value.created_after,
                      value.created_before};
    return page_of_users(std::move(filter), value.sort.value_or(Sort{}), http::PageRequest::of(value.page, value.size));
}

awaitable<http::Ok<UserList>> Api::search_users(http::Query<SearchQuery> query) {
    auto& value = query.value;
    UserFilter filter;
    filter.q = bounded(std::move(value.query), "query");
    return page_of_users(std::move(filter), value.sort.value_or(Sort{}), http::PageRequest::of(value.page, value.size));
}

awaitable<http::Ok<UserList>> Api::page_of_users(UserFilter filter, Sort sort, http::PageRequest page) {
    const auto total = co_await directory_.count(filter);
    http::Ok<UserList> reply;
    reply.data.users = co_await directory_.list(std::move(filter), std::move(sort), page);
    reply.data.pagination = page.with_total(total);
    co_return reply;
}

awaitable<http::Ok<UserStats>> Api::read_stats() {
    http::Ok<UserStats> reply;
    auto& stats = reply.data;
    const auto by_role = co_await directory_.count_by_role();
    const auto by_status = co_await directory_.count_by_status();
    const auto per_day = co_await directory_.sign_ups_per_day();
    stats.active = co_await directory_.activity();
    stats.by_role = complete<Role>(by_role);
    stats.by_status = complete<Status>(by_status);
    for (const auto& [role, count] : by_role) stats.total_users += count;
    for (const auto& [date, count] : per_day) stats.sign_ups_per_day.push_back({date, count});
    co_return reply;
}

awaitable<http::Ok<RoleList>> Api::list_roles() {
    http::Ok<RoleList> reply;
    for (const auto role : {Role::admin, Role::premium, Role::user, Role::guest}) {
        const auto permissions = auth::permissions_of(role);
        reply.data.roles.push_back({role, {permissions.begin(), permissions.end()}});
    }
    co_return reply;
}

}  // namespace darkroom::users
