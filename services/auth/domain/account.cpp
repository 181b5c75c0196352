#include "services/auth/domain/account.hpp"

#include "services/auth/domain/errors.hpp"

#include <algorithm>

namespace darkroom::accounts {

namespace {

template <class T>
void set_field(T& field, const std::optional<T>& wanted, const char* name, std::vector<std::string>& updated) {
    if (!wanted || *wanted == field) return;
    field = *wanted;
    updated.emplace_back(name);
}

bool is_active_admin(const Account& account) {
    return account.role == Role::admin && account.status == Status::active;
}

}  // namespace

bool ChangedAccount::changed(std::string_view field) const {
    return std::ranges::find(updated_fields, field) != updated_fields.end();
}

ChangedAccount apply(Account account, const AccountChange& change) {
    ChangedAccount result{std::move(account), {}};
    auto& [changed, updated] = result;
    set_field(changed.email, change.email, "email", updated);
    set_field(changed.username, change.username, "username", updated);
    set_field(changed.full_name, change.full_name, "full_name", updated);
    set_field(changed.role, change.role, "role", updated);
    set_field(changed.status, change.status, "status", updated);
    if (change.avatar_url && *change.avatar_url != changed.avatar_url.value_or(AvatarUrl{})) {
        changed.avatar_url.reset();
        if (!change.avatar_url->text().empty()) changed.avatar_url = *change.avatar_url;
        updated.emplace_back("avatar_url");
    }
    if (!updated.empty()) ++changed.version;
    return result;
}

bool ends_sessions(const ChangedAccount& changed) {
    return changed.changed("role") || (changed.changed("status") && changed.account.status != Status::active);
}

bool loses_admin(const Account& before, const Account& after) {
    return is_active_admin(before) && !is_active_admin(after);
}

Result<void> check_may_sign_in(Status status) {
    switch (status) {
        case Status::active: return {};
        case Status::inactive: return account_inactive();
        case Status::suspended: return account_suspended();
        case Status::pending: return account_pending();
    }
    return account_inactive();
}

}  // namespace darkroom::accounts
