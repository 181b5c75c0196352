#include "services/users/profiles.hpp"

#include "services/users/domain/errors.hpp"

namespace darkroom::users {

namespace {

/// What a first request may be held up for when its user.created is still on its way.
constexpr Milliseconds catch_up_limit = 1s;

}  // namespace

awaitable<StoredUser> Profiles::read_own(auth::Caller caller) {
    auto found = co_await read(caller.user_id);
    if (found) co_return std::move(*found);
    co_return co_await own(std::move(caller));
}

awaitable<std::optional<StoredUser>> Profiles::read(UserId id) {
    auto cached = co_await cache_.look_up(id);
    if (cached.user) co_return std::move(cached.user);
    auto found = co_await users_.find(id);
    if (found && cached.lease) cache_.fill(id, *cached.lease, *found);
    if (found) co_return found;
    co_return co_await find(std::move(id));
}

awaitable<StoredUser> Profiles::own(auth::Caller caller) {
    auto found = co_await find(caller.user_id);
    if (found) co_return std::move(*found);
    found = co_await users_.create_from_claims(caller.user_id, Email::trusted(caller.email), Username::trusted(caller.username),
                                               caller.role);
    if (!found) fail(account_deleted());
    co_return std::move(*found);
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
        present = co_await change_account(context, present.id, std::move(change.account));
    }
    if (!change.preferences) co_return present;
    if (conditional) change.preferences->expected_revision = present.revision;
    const auto write = co_await cache_.begin_write(present.id);
    auto changed = co_await users_.change_preferences(present.id, std::move(*change.preferences), write.announced,
                                                      context.correlation_id.text());
    cache_.end_write(write);
    co_return changed;
}

awaitable<StoredUser> Profiles::change_account(const http::Context& context, UserId id, AccountChange change) {
    auto account = co_await accounts_.change(context, std::move(id), std::move(change));
    auto stored = co_await store(std::move(account));
    if (!stored) fail(user_not_found());
    co_return std::move(*stored);
}

awaitable<StoredUser> Profiles::create(const http::Context& context, NewUser user, std::optional<IdempotencyKey> key) {
    Creation creation{fingerprint_of(user), UserId::create()};
    if (key) {
        const auto remembered = co_await creations_.remember(context.caller.user_id, key->text(), creation);
        if (remembered.fingerprint != creation.fingerprint) fail(idempotency_key_reused());
        creation.user_id = remembered.user_id;
        const bool deleted = co_await users_.is_deleted(creation.user_id);
        if (deleted) fail(created_and_deleted());
    }
    auto account = co_await accounts_.create(context, creation.user_id, std::move(user));
    auto stored = co_await store(std::move(account));
    if (!stored) fail(created_and_deleted());
    co_return std::move(*stored);
}

awaitable<> Profiles::remove(const http::Context& context, UserId id) {
    const bool before = co_await users_.is_deleted(id);
    if (before) co_return;
    auto account = co_await accounts_.remove(context, id);
    if (account) {
        co_await store(std::move(*account));
        co_return;
    }
    // Purged already, by somebody else or by our own request of which the answer was lost: then user.deleted tells.
    co_await consumer_.catch_up(catch_up_limit);
    const bool by_now = co_await users_.is_deleted(std::move(id));
    if (!by_now) fail(user_not_found());
}

awaitable<std::optional<StoredUser>> Profiles::store(AccountCopy account) {
    const auto write = co_await cache_.begin_write(account.id);
    auto stored = co_await users_.store_copy(std::move(account), write.announced);
    cache_.end_write(write);
    co_return stored;
}

}  // namespace darkroom::users
