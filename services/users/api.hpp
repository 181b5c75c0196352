// /users: profiles for their owners, everybody for admins.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/http/paging.hpp"
#include "services/users/directory_repository.hpp"
#include "services/users/domain/word_filter.hpp"
#include "services/users/profiles.hpp"

namespace darkroom::users {

/// Everything is optional and what is absent stays; role and status are not here: they are an admin's.
struct ProfileRequest {
    std::optional<FullName> full_name;
    std::optional<Username> username;
    /// Empty takes the picture away.
    std::optional<AvatarUrl> avatar_url;
    std::optional<Email> email;
    std::optional<json::Object> preferences;
};
BOOST_DESCRIBE_STRUCT(ProfileRequest, (), (full_name, username, avatar_url, email, preferences))

struct RoleRequest {
    Role role = Role::user;
};
BOOST_DESCRIBE_STRUCT(RoleRequest, (), (role))

struct StatusRequest {
    Status status = Status::active;
};
BOOST_DESCRIBE_STRUCT(StatusRequest, (), (status))

struct UserPath {
    UserId id{};
};
BOOST_DESCRIBE_STRUCT(UserPath, (), (id))

struct ListQuery {
    std::optional<WordFilter> role;
    std::optional<WordFilter> status;
    std::optional<std::string> q;
    std::optional<Timestamp> created_after;
    std::optional<Timestamp> created_before;
    std::optional<Sort> sort;
    std::optional<http::PageNumber> page;
    std::optional<http::PageSize> size;
};
BOOST_DESCRIBE_STRUCT(ListQuery, (), (role, status, q, created_after, created_before, sort, page, size))

struct SearchQuery {
    std::string query;
    std::optional<Sort> sort;
    std::optional<http::PageNumber> page;
    std::optional<http::PageSize> size;
};
BOOST_DESCRIBE_STRUCT(SearchQuery, (), (query, sort, page, size))

struct UserList {
    std::vector<User> users;
    http::Pagination pagination{};
};
BOOST_DESCRIBE_STRUCT(UserList, (), (users, pagination))

struct SignUps {
    /// A day in UTC: 2026-11-25.
    std::string date;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(SignUps, (), (date, count))

struct UserStats {
    std::int64_t total_users = 0;
    std::map<std::string, std::int64_t> by_role;
    std::map<std::string, std::int64_t> by_status;
    /// The last 30 days, today last.
    std::vector<SignUps> sign_ups_per_day;
    /// Who signed in, or stayed signed in, within the time.
    Activity active;
};
BOOST_DESCRIBE_STRUCT(UserStats, (), (total_users, by_role, by_status, sign_ups_per_day, active))

struct RoleReply {
    Role name = Role::guest;
    std::vector<std::string> permissions;
};
BOOST_DESCRIBE_STRUCT(RoleReply, (), (name, permissions))

struct RoleList {
    std::vector<RoleReply> roles;
};
BOOST_DESCRIBE_STRUCT(RoleList, (), (roles))

class Api {
public:
    Api(DirectoryRepository& directory, Profiles& profiles) : directory_(directory), profiles_(profiles) {}

    static const http::Endpoints<Api>& endpoints();

private:
    awaitable<http::Ok<Profile>> read_own_profile(http::Context& context);
    awaitable<http::Ok<Profile>> replace_own_profile(http::Context& context, http::Body<ProfileRequest> body);
    awaitable<http::Ok<Profile>> patch_own_profile(http::Context& context, http::Body<ProfileRequest> body);
    awaitable<http::Ok<>> delete_self(http::Context& context);
    awaitable<http::Ok<User>> create_user(http::Context& context, http::Body<NewUser> body);
    awaitable<http::Ok<User>> read_user(http::Context& context, http::Path<UserPath> path);
    awaitable<http::Ok<>> delete_user(http::Context& context, http::Path<UserPath> path);
    awaitable<http::Ok<Profile>> change_user(http::Context& context, http::Path<UserPath> path,
                                             http::Body<ProfileRequest> body);
    awaitable<http::Ok<User>> change_role(http::Context& context, http::Path<UserPath> path, http::Body<RoleRequest> body);
    awaitable<http::Ok<User>> change_status(http::Context& context, http::Path<UserPath> path, http::Body<StatusRequest> body);
    awaitable<http::Ok<UserList>> list_users(http::Query<ListQuery> query);
    awaitable<http::Ok<UserList>> search_users(http::Query<SearchQuery> query);
    awaitable<http::Ok<UserStats>> read_stats();
    awaitable<http::Ok<RoleList>> list_roles();

    /// The tag of what the path shows: a profile to its owner, a user to others.
    using Tag = std::string (*)(const StoredUser&);

    awaitable<http::Ok<Profile>> change_own(http::Context& context, ProfileRequest request, bool merge_preferences);
    awaitable<http::Ok<Profile>> change_profile(http::Context& context, StoredUser before, ProfileRequest request,
                                                bool merge_preferences, Tag tag);
    awaitable<http::Ok<User>> change_account(http::Context& context, StoredUser before, AccountChange change);
    awaitable<http::Ok<UserList>> page_of_users(UserFilter filter, Sort sort, http::PageRequest page);

    DirectoryRepository& directory_;
    Profiles& profiles_;
};

}  // namespace darkroom::users
