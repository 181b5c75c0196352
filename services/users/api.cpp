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
}

/// The same tag that the endpoint layer gives to a GET.
std::string etag_of(const Profile& profile) {
    return http::etag_of(json::serialize(json::encode(profile)));
}

Profile profile_of(const StoredUser& user) {
    return user;
}

std::optional<std::string> bounded(std::optional<std::string> text, std::string_view field) {
    if (text && text->size() > max_search_length) fail(invalid_field(std::string(field), "must be at most 200 bytes"));
    return text;
}

}  // namespace

const http::Endpoints<Api>& Api::endpoints() {
    static const http::Endpoints<Api> table{
        {Verb::get, "/users/me", Access::signed_in, &Api::read_own_profile, "Read the caller's profile.", {.etag = true}},
        {Verb::put, "/users/me", Access::permission(users_self), &Api::replace_own_profile,
         "Change the caller's profile; preferences are replaced."},
        {Verb::patch, "/users/me", Access::permission(users_self), &Api::patch_own_profile,
         "Change the caller's profile; preferences are merged (RFC 7396)."},
        {Verb::get, "/users", Access::permission(users_manage), &Api::list_users, "List users.", {.etag = true}},
        {Verb::get, "/admin/users", Access::permission(users_manage), &Api::list_users, "List users.", {.etag = true}},
        {Verb::get, "/users/search", Access::permission(users_manage), &Api::search_users,
         "Search users by e-mail, username and name."},
        {Verb::get, "/users/{id}", Access::signed_in, &Api::read_user, "Read a user.", {.etag = true}},
        {Verb::put, "/users/{id}", Access::signed_in, &Api::change_user, "Change a user."},
        {Verb::put, "/users/{id}/role", Access::permission(users_manage), &Api::change_role, "Give a user another role."},
        {Verb::put, "/users/{id}/status", Access::permission(users_manage), &Api::change_status,
         "Suspend a user, or make them active again."},
        {Verb::get, "/roles", Access::signed_in, &Api::list_roles, "List roles with their permissions.", {.etag = true}},
    };
    return table;
}

awaitable<http::Ok<Profile>> Api::read_own_profile(http::Context& context) {
    const auto user = co_await profiles_.own(person(context));
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
    co_return co_await change_profile(context, std::move(before), std::move(request), merge_preferences);
}

awaitable<http::Ok<Profile>> Api::change_profile(http::Context& context, StoredUser before, ProfileRequest request,
                                                 bool merge_preferences) {
    context.require_match(etag_of(before));
    ProfileChange change;
    change.account.full_name = std::move(request.full_name);
    change.account.username = std::move(request.username);
    change.account.avatar_url = std::move(request.avatar_url);
    change.account.email = std::move(request.email);
    if (request.preferences) change.preferences = PreferencesChange{std::move(*request.preferences), merge_preferences};
    const auto user = co_await profiles_.change(context, std::move(before), std::move(change));
    context.response_headers.set("ETag", '"' + etag_of(user) + '"');
    co_return http::Ok<Profile>{profile_of(user), "Profile changed"};
}

awaitable<http::Ok<User>> Api::read_user(http::Context& context, http::Path<UserPath> path) {
    require_access_to(context, path->id);
    const auto user = co_await profiles_.find(path->id);
    if (!user) fail(user_not_found());
    co_return http::Ok<User>{*user};
}

awaitable<http::Ok<Profile>> Api::change_user(http::Context& context, http::Path<UserPath> path,
                                              http::Body<ProfileRequest> body) {
    require_access_to(context, path->id);
    // A guest may look, not change.
    if (!context.caller.may(users_self)) fail(foreign_user());
    auto before = co_await profiles_.find(path->id);
    if (!before) fail(user_not_found());
    co_return co_await change_profile(context, std::move(*before), std::move(body.value), false);
}

awaitable<http::Ok<User>> Api::change_role(http::Context& context, http::Path<UserPath> path, http::Body<RoleRequest> body) {
    AccountChange change;
    change.role = body->role;
    return change_account(context, path->id, std::move(change));
}

awaitable<http::Ok<User>> Api::change_status(http::Context& context, http::Path<UserPath> path,
                                             http::Body<StatusRequest> body) {
    AccountChange change;
    change.status = body->status;
    return change_account(context, path->id, std::move(change));
}

awaitable<http::Ok<User>> Api::change_account(http::Context& context, UserId id, AccountChange change) {
    auto before = co_await profiles_.find(std::move(id));
    if (!before) fail(user_not_found());
    ProfileChange wanted{std::move(change), std::nullopt};
    const auto user = co_await profiles_.change(context, std::move(*before), std::move(wanted));
    co_return http::Ok<User>{user, "User changed"};
}

awaitable<http::Ok<UserList>> Api::list_users(http::Query<ListQuery> query) {
    auto& value = query.value;
    UserFilter filter{value.role, value.status, bounded(std::move(value.q), "q"), value.created_after, value.created_before};
    return page_of_users(std::move(filter), value.sort.value_or(Sort{}), http::PageRequest::of(value.page, value.size));
}

awaitable<http::Ok<UserList>> Api::search_users(http::Query<SearchQuery> query) {
    auto& value = query.value;
    UserFilter filter;
    filter.q = bounded(std::move(value.query), "query");
    return page_of_users(std::move(filter), value.sort.value_or(Sort{}), http::PageRequest::of(value.page, value.size));
}

awaitable<http::Ok<UserList>> Api::page_of_users(UserFilter filter, Sort sort, http::PageRequest page) {
    const auto total = co_await users_.count(filter);
    http::Ok<UserList> reply;
    reply.data.users = co_await users_.list(std::move(filter), std::move(sort), page);
    reply.data.pagination = page.with_total(total);
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
