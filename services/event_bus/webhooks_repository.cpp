#include "services/event_bus/webhooks_repository.hpp"

#include "services/event_bus/event_row.hpp"

namespace darkroom::event_bus {

namespace {

// The advisory lock keeps two requests of one owner from passing the limit together.
constexpr pg::Query lock_owner{"subscriptions.lock_owner", "SELECT pg_advisory_xact_lock(hashtext('webhooks ' || $1))"};

constexpr pg::Query count_own{"subscriptions.count", R"sql(
    SELECT count(*) FROM bus.subscriptions WHERE $1::text IS NULL OR owner_id = $1
)sql"};

constexpr pg::Query insert_webhook{"subscriptions.insert", R"sql(
    INSERT INTO bus.subscriptions (id, owner_id, url, event_types, like_patterns, secret, sees_all, position)
    SELECT $1, $2, $3, $4, $5, $6, $7, position FROM bus.head
    RETURNING id, owner_id, url, event_types, status, position, failures, last_error, last_delivery_at, created_at,
              previous_secret_until
)sql"};

constexpr pg::Query list_webhooks{"subscriptions.list", R"sql(
    SELECT id, owner_id, url, event_types, status, position, failures, last_error, last_delivery_at, created_at,
           CASE WHEN previous_secret_until > now() THEN previous_secret_until END AS previous_secret_until
    FROM bus.subscriptions WHERE $1::text IS NULL OR owner_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3
)sql"};

// One that is still in its day ends at once: who rotates twice wants the first one gone.
constexpr pg::Query replace_secret{"subscriptions.rotate_secret", R"sql(
    UPDATE bus.subscriptions
    SET previous_secret = secret, previous_secret_until = now() + $4::interval, secret = $3
    WHERE id = $1 AND owner_id = $2
    RETURNING id, owner_id, url, event_types, status, position, failures, last_error, last_delivery_at, created_at,
              previous_secret_until
)sql"};

constexpr pg::Query delete_webhook{"subscriptions.delete", R"sql(
    DELETE FROM bus.subscriptions WHERE id = $1 AND ($2::text IS NULL OR owner_id = $2)
)sql"};

constexpr pg::Query delete_letters{"subscriptions.delete_letters", R"sql(
    DELETE FROM bus.dead_letters WHERE consumer = 'webhook:' || $1
)sql"};

// Who sees everybody's events is taken at its word here: at worst it is looked at one by one. The subquery has its ORDER BY and
// LIMIT, without which it would become a join, for which the planner cannot know that these positions are the last few.
constexpr pg::Query pass_over_idle{"subscriptions.pass_over", R"sql(
    WITH head AS MATERIALIZED (SELECT position FROM bus.head),
    idle AS MATERIALIZED (
        SELECT s.id FROM bus.subscriptions s, head h
        WHERE s.status = 'active' AND s.position < h.position
          AND s.next_attempt_at <= now() AND (s.leased_until IS NULL OR s.leased_until < now())
          AND (SELECT e.position FROM bus.all_events e
               WHERE e.position > s.position AND e.position <= h.position
                 AND (s.sees_all OR e.user_id = s.owner_id) AND e.type LIKE ANY (s.like_patterns)
               ORDER BY e.position LIMIT 1) IS NULL
        FOR UPDATE OF s SKIP LOCKED
    ), moved AS (
        UPDATE bus.subscriptions AS webhook SET position = h.position, failures = 0
        FROM idle, head h WHERE webhook.id = idle.id
    )
    SELECT position FROM head
)sql"};

// LIMIT is a literal and the subquery materialized, as in every queue.
constexpr pg::Query take_webhook{"subscriptions.take", R"sql(
    WITH due AS MATERIALIZED (
        SELECT id FROM bus.subscriptions s
        WHERE status = 'active' AND next_attempt_at <= now() AND (leased_until IS NULL OR leased_until < now())
          AND (position < $2
               OR EXISTS (SELECT 1 FROM bus.dead_letters d JOIN bus.all_events e ON e.id = d.event_id
                          WHERE d.consumer = 'webhook:' || s.id AND d.replay_requested_at IS NOT NULL))
        ORDER BY next_attempt_at LIMIT 1 FOR UPDATE SKIP LOCKED
    )
    UPDATE bus.subscriptions AS webhook
    SET leased_until = now() + $1::interval,
        -- A secret that is over is kept nowhere.
        previous_secret = CASE WHEN previous_secret_until > now() THEN previous_secret END,
        previous_secret_until = CASE WHEN previous_secret_until > now() THEN previous_secret_until END
    FROM due WHERE webhook.id = due.id
    RETURNING webhook.id, webhook.owner_id, webhook.url, webhook.event_types, webhook.status, webhook.position, webhook.failures,
              webhook.last_error, webhook.last_delivery_at, webhook.created_at, webhook.previous_secret_until, webhook.secret,
              webhook.previous_secret, webhook.sees_all
)sql"};

constexpr pg::Query find_owner{"subscriptions.owner_facts", R"sql(
    SELECT coalesce(data::json->>'role', '') AS role, coalesce(data::json->>'status', 'active') AS status FROM bus.all_events
    WHERE user_id = $1 AND type IN ('user.created', 'user.updated') AND source = 'auth-service' ORDER BY position DESC LIMIT 1
)sql"};

constexpr pg::Query find_head{"subscriptions.head", "SELECT position FROM bus.head"};

constexpr pg::Query find_events{"subscriptions.events", R"sql(
    SELECT position, id, type, source, timestamp, data, status, correlation_id, user_id FROM bus.all_events
    WHERE position > $1 AND ($2::text IS NULL OR user_id = $2) AND type LIKE ANY ($3::text[])
    ORDER BY position LIMIT $4
)sql"};

// A delivery keeps the lease: there may be more in the batch, and nobody else may send the same.
constexpr pg::Query move_on{"subscriptions.advance", R"sql(
    UPDATE bus.subscriptions
    SET position = greatest(position, $2), failures = 0, last_error = CASE WHEN $3 THEN NULL ELSE last_error END,
        leased_until = CASE WHEN $3 THEN leased_until END,
        last_delivery_at = CASE WHEN $3 THEN now() ELSE last_delivery_at END, next_attempt_at = now()
    WHERE id = $1
)sql"};

constexpr pg::Query note_failure{"subscriptions.failed", R"sql(
    UPDATE bus.subscriptions
    SET failures = failures + 1, last_error = $2, leased_until = NULL, next_attempt_at = now() + $3::interval WHERE id = $1
)sql"};

constexpr pg::Query insert_letter{"subscriptions.dead_letter", R"sql(
    INSERT INTO bus.dead_letters (consumer, letter_id, event_id, event_type, position, user_id, error, attempts, created_at)
    VALUES ('webhook:' || $1, $2, $2, $3, $4, $5, $6, $7, now()) ON CONFLICT DO NOTHING
)sql"};

constexpr pg::Query set_disabled{"subscriptions.disable", R"sql(
    UPDATE bus.subscriptions SET status = 'disabled', last_error = $2, leased_until = NULL WHERE id = $1
)sql"};

constexpr pg::Query release{"subscriptions.put_back", R"sql(
    UPDATE bus.subscriptions SET leased_until = NULL, next_attempt_at = now() + $2::interval WHERE id = $1
)sql"};

constexpr pg::Query find_replay{"subscriptions.next_replay", R"sql(
    SELECT e.position, e.id, e.type, e.source, e.timestamp, e.data, e.status, e.correlation_id, e.user_id
    FROM bus.dead_letters d JOIN bus.all_events e ON e.id = d.event_id
    WHERE d.consumer = 'webhook:' || $1 AND d.replay_requested_at IS NOT NULL ORDER BY d.position LIMIT 1
)sql"};

constexpr pg::Query delete_letter{"subscriptions.delete_letter", R"sql(
    DELETE FROM bus.dead_letters WHERE consumer = 'webhook:' || $1 AND letter_id = $2
)sql"};

constexpr pg::Query keep_letter{"subscriptions.keep_letter", R"sql(
    UPDATE bus.dead_letters SET attempts = attempts + 1, error = $3, replay_requested_at = NULL
    WHERE consumer = 'webhook:' || $1 AND letter_id = $2
)sql"};

std::vector<std::string> like_patterns(const std::vector<TypePattern>& types) {
    std::vector<std::string> patterns;
    for (const auto& type : types) patterns.push_back(type.like());
    return patterns;
}

}  // namespace

awaitable<Webhook> WebhooksRepository::create(NewWebhook input) {
    auto transaction = co_await pool_.begin();
    co_await transaction.execute(lock_owner, input.owner_id);
    const auto present = co_await transaction.one<std::int64_t>(count_own, input.owner_id);
    if (present >= max_of_owner) {
        fail({Kind::conflict, "subscriptions_exhausted", "a user can have 20 subscriptions; delete one first"});
    }
    const auto created =
        co_await transaction.one<Webhook>(insert_webhook, SubscriptionId::create(), input.owner_id, input.url,
                                          input.event_types, like_patterns(input.event_types), input.secret, input.sees_all);
    co_await transaction.commit();
    co_return created;
}

awaitable<std::int64_t> WebhooksRepository::count(std::optional<std::string> owner) {
    co_return co_await pool_.one<std::int64_t>(count_own, owner);
}

awaitable<std::vector<Webhook>> WebhooksRepository::list(std::optional<std::string> owner, std::int64_t limit,
                                                         std::int64_t offset) {
    co_return co_await pool_.all<Webhook>(list_webhooks, owner, limit, offset);
}

awaitable<std::optional<Webhook>> WebhooksRepository::rotate_secret(SubscriptionId id, std::string owner, std::string secret,
                                                                    Seconds overlap) {
    co_return co_await pool_.maybe<Webhook>(replace_secret, id, owner, secret, overlap);
}

awaitable<bool> WebhooksRepository::remove(SubscriptionId id, std::optional<std::string> owner) {
    auto transaction = co_await pool_.begin();
    const auto removed = co_await transaction.execute(delete_webhook, id, owner);
    if (removed == 0) co_return false;
    co_await transaction.execute(delete_letters, id);
    co_await transaction.commit();
    co_return true;
}

awaitable<std::int64_t> WebhooksRepository::pass_over() {
    co_return co_await pool_.one<std::int64_t>(pass_over_idle);
}

awaitable<std::optional<TakenWebhook>> WebhooksRepository::take(Milliseconds lease, std::int64_t head) {
    co_return co_await pool_.maybe<TakenWebhook>(take_webhook, lease, head);
}

awaitable<std::optional<OwnerFacts>> WebhooksRepository::owner_facts(std::string owner) {
    co_return co_await pool_.maybe<OwnerFacts>(find_owner, owner);
}

awaitable<std::int64_t> WebhooksRepository::head() {
    co_return co_await pool_.one<std::int64_t>(find_head);
}

awaitable<std::vector<bus::Envelope>> WebhooksRepository::events_for(const TakenWebhook& webhook, const Visibility& visibility,
                                                                     std::int64_t limit) {
    auto rows = co_await pool_.all<EventRow>(find_events, webhook.position, visibility.only_user,
                                             like_patterns(webhook.event_types), limit);
    co_return to_envelopes(std::move(rows));
}

awaitable<> WebhooksRepository::advance(SubscriptionId id, std::int64_t position, bool delivered) {
    co_await pool_.execute(move_on, id, position, delivered);
}

awaitable<> WebhooksRepository::failed(SubscriptionId id, std::string error, Milliseconds pause) {
    co_await pool_.execute(note_failure, id, error, pause);
}

awaitable<> WebhooksRepository::give_up(TakenWebhook webhook, bus::Envelope event, std::string error) {
    auto transaction = co_await pool_.begin();
    co_await transaction.execute(insert_letter, webhook.id, event.id, event.type, event.position, webhook.owner_id, error,
                                 webhook.failures + 1);
    co_await transaction.execute(move_on, webhook.id, event.position, false);
    co_await transaction.commit();
}

awaitable<> WebhooksRepository::disable(SubscriptionId id, std::string error) {
    co_await pool_.execute(set_disabled, id, error);
}

awaitable<> WebhooksRepository::put_back(SubscriptionId id, Milliseconds pause) {
    co_await pool_.execute(release, id, pause);
}

awaitable<std::optional<bus::Envelope>> WebhooksRepository::next_replay(SubscriptionId id) {
    auto row = co_await pool_.maybe<EventRow>(find_replay, id);
    if (!row) co_return std::nullopt;
    co_return to_envelope(std::move(*row));
}

awaitable<> WebhooksRepository::replayed(SubscriptionId id, std::string event_id, std::optional<std::string> error) {
    if (!error) co_await pool_.execute(delete_letter, id, event_id);
    if (error) co_await pool_.execute(keep_letter, id, event_id, *error);
}

}  // namespace darkroom::event_bus
