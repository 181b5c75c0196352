// What administrators see of everybody: lists, searches, statistics. From a replica where there is one, so up to two seconds
// old.
#pragma once

#include "platform/http/paging.hpp"
#include "platform/pg/reads.hpp"
#include "services/users/domain/sort.hpp"
#include "services/users/domain/user.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::users {

struct UserFilter {
    std::optional<std::string> role{};
    std::optional<std::string> status{};
    /// Part of e-mail, username or full name, without regard to case.
    std::optional<std::string> q{};
    std::optional<Timestamp> created_after{};
    std::optional<Timestamp> created_before{};
};

/// A named number of people.
struct NamedCount {
    std::string name;
    std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(NamedCount, (), (name, count))

struct Activity {
    std::int64_t last_day = 0;
    std::int64_t last_7_days = 0;
    std::int64_t last_30_days = 0;
};
BOOST_DESCRIBE_STRUCT(Activity, (), (last_day, last_7_days, last_30_days))

class DirectoryRepository {
public:
    explicit DirectoryRepository(pg::Reads& reads) : reads_(reads) {}

    // Nobody deleted is listed or counted.

    awaitable<std::int64_t> count(UserFilter filter);
    awaitable<std::vector<User>> list(UserFilter filter, Sort sort, http::PageRequest page);

    awaitable<std::vector<NamedCount>> count_by_role();
    awaitable<std::vector<NamedCount>> count_by_status();
    /// The last 30 days (UTC) by their date, today last; 0 where nobody came.
    awaitable<std::vector<NamedCount>> sign_ups_per_day();
    awaitable<Activity> activity();

private:
    pg::Reads& reads_;
};

}  // namespace darkroom::users
