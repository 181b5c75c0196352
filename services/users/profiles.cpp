#include "services/users/profiles.hpp"

namespace darkroom::users {

namespace {

/// What a first request may be held up for when its user.created is still on its way.
constexpr Milliseconds catch_up_limit = 1s;

}  // namespace

awaitable<StoredUser> Profiles::own(auth::Caller caller) {
    auto found = co_await find(caller.user_id);
    if (found) co_return std::move(*found);
    co_return co_await users_.create_from_claims(caller.user_id, Email::trusted(caller.email),
                                                 Username::trusted(caller.username), caller.role);
}

awaitable<std::optional<StoredUser>> Profiles::find(UserId id) {
    auto found = co_await users_.find(id);
    if (found) co_return found;
    // Too slow or not, what has arrived by now is what we have.
    co_await consumer_.catch_up(catch_up_limit);
    co_return co_await users_.find(std::move(id));
}

awaitable<StoredUser> Profiles::change(const http::Context& context, StoredUser before, ProfileChange change) {
    const bool conditional = context.request.headers.has("If-Match");
    if (change.preferences) check_preferences(change.preferences->preferences).value();
    auto present = std::move(before);
    if (!change.account.is_void_for(present)) {
        // Version 0 is ours alone: such a copy was made from claims, and auth cannot know it.
        if (conditional && present.account_version > 0) change.account.expected_version = present.account_version;
        auto account = co_await accounts_.change(context, present.id, std::move(change.account));
        present = co_await users_.store_copy(std::move(account));
    }
    if (!change.preferences) co_return present;
    if (conditional) change.preferences->expected_revision = present.revision;
    co_return co_await users_.change_preferences(present.id, std::move(*change.preferences), context.correlation_id.text());
}

}  // namespace darkroom::users
