#include "services/users/directory_repository.hpp"

#include <fmt/format.h>

#include <map>

namespace darkroom::users {

namespace {

constexpr std::string_view filter_clause = R"sql(
    WHERE deleted_at IS NULL AND ($1::text IS NULL OR role = $1)
      AND ($2::text IS NULL OR status = $2)
      AND ($3::text IS NULL OR strpos(lower(email), lower($3)) > 0 OR strpos(lower(username), lower($3)) > 0
           OR strpos(lower(full_name), lower($3)) > 0)
      AND ($4::timestamptz IS NULL OR created_at >= $4)
      AND ($5::timestamptz IS NULL OR created_at < $5)
)sql";

constexpr pg::Query by_role{"users.count_by_role", R"sql(
    SELECT role AS name, count(*) AS count FROM users.users WHERE deleted_at IS NULL GROUP BY role
)sql"};

constexpr pg::Query by_status{"users.count_by_status", R"sql(
    SELECT status AS name, count(*) AS count FROM users.users WHERE deleted_at IS NULL GROUP BY status
)sql"};

constexpr pg::Query by_day{"users.sign_ups_per_day", R"sql(
    SELECT to_char(day, 'YYYY-MM-DD') AS name, count(u.id) AS count
    FROM generate_series(date_trunc('day', now() AT TIME ZONE 'UTC') - interval '29 days', date_trunc('day', now() AT TIME ZONE 'UTC'),
                         interval '1 day') AS day
    LEFT JOIN users.users u ON u.created_at >= day AT TIME ZONE 'UTC'
                           AND u.created_at < (day + interval '1 day') AT TIME ZONE 'UTC' AND u.deleted_at IS NULL
    GROUP BY day ORDER BY day
)sql"};

constexpr pg::Query count_active{"users.activity", R"sql(
    SELECT count(*) FILTER (WHERE last_seen >= now() - interval '1 day') AS last_day,
           count(*) FILTER (WHERE last_seen >= now() - interval '7 days') AS last_7_days,
           count(*) FILTER (WHERE last_seen >= now() - interval '30 days') AS last_30_days
    FROM users.users WHERE deleted_at IS NULL AND last_seen >= now() - interval '30 days'
)sql"};

pg::Query count_query() {
    static const std::string sql = fmt::format("SELECT count(*) FROM users.users {}", filter_clause);
    return {"users.count", sql};
}

/// One statement per order; `Sort` only lets known columns through. The id makes the order total, so that pages do not overlap.
pg::Query list_query(const Sort& sort) {
    static std::map<std::string, std::string, std::less<>> statements;
    auto& sql = statements[sort.text()];
    if (sql.empty()) {
        const auto* direction = sort.falls() ? "DESC" : "ASC";
        sql = fmt::format(
            "SELECT id, email, username, full_name, role, status, avatar_url, created_at, updated_at, last_login "
            "FROM users.users {0} ORDER BY {1} {2} NULLS LAST, id {2} LIMIT $6 OFFSET $7",
            filter_clause, sort.column(), direction);
    }
    return {"users.list", sql};
}

}  // namespace

awaitable<std::int64_t> DirectoryRepository::count(UserFilter filter) {
    co_return co_await reads_.one<std::int64_t>(count_query(), filter.role, filter.status, filter.q, filter.created_after,
                                                filter.created_before);
}

awaitable<std::vector<User>> DirectoryRepository::list(UserFilter filter, Sort sort, http::PageRequest page) {
    co_return co_await reads_.all<User>(list_query(sort), filter.role, filter.status, filter.q, filter.created_after,
                                        filter.created_before, page.size, page.offset());
}

awaitable<std::vector<NamedCount>> DirectoryRepository::count_by_role() {
    co_return co_await reads_.all<NamedCount>(by_role);
}

awaitable<std::vector<NamedCount>> DirectoryRepository::count_by_status() {
    co_return co_await reads_.all<NamedCount>(by_status);
}

awaitable<std::vector<NamedCount>> DirectoryRepository::sign_ups_per_day() {
    co_return co_await reads_.all<NamedCount>(by_day);
}

awaitable<Activity> DirectoryRepository::activity() {
    co_return co_await reads_.one<Activity>(count_active);
}

}  // namespace darkroom::users
