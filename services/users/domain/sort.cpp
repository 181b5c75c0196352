#include "services/users/domain/sort.hpp"

#include <algorithm>
#include <array>

namespace darkroom::users {

namespace {

constexpr std::array<std::string_view, 8> columns{"created_at", "updated_at", "last_login", "username",
                                                  "email",      "full_name",  "role",       "status"};

}  // namespace

Result<Sort> Sort::parse(std::string_view text) {
    const auto column = text.starts_with('-') ? text.substr(1) : text;
    if (std::ranges::find(columns, column) == columns.end()) {
        return invalid_field("", json::one_of(columns) + ", with or without '-' in front");
    }
    return Sort(std::string(text));
}

}  // namespace darkroom::users
