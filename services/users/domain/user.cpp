#include "services/users/domain/user.hpp"

namespace darkroom::users {

namespace {

template <class T>
bool same(const std::optional<T>& wanted, const T& present) {
    return !wanted || *wanted == present;
}

}  // namespace

bool AccountChange::is_void_for(const User& user) const {
    return same(email, user.email) && same(username, user.username) && same(full_name, user.full_name) &&
           same(avatar_url, user.avatar_url.value_or(AvatarUrl{})) && same(role, user.role) && same(status, user.status);
}

}  // namespace darkroom::users
