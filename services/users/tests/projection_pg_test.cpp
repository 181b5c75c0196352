// The read model: in order, exactly once, never back in time.
#include "services/users/tests/users_under_test.hpp"

#include "events/user_deleted.hpp"
#include "events/user_login.hpp"
#include "events/user_updated.hpp"

namespace darkroom::users {
namespace {

events::UserUpdated an_update(const AccountCopy& account) {
    events::UserUpdated event;
    static_cast<events::UserFacts&>(event) = facts_of(account);
    return event;
}

events::UserLogin a_login(const std::string& user_id) {
    events::UserLogin event;
    event.user_id = user_id;
    event.session_id = "session";
    return event;
}

// Two instances share the checkpoint: a trigger counts what they really did.
TEST(Projection, AppliesEachEventOnceWithTwoInstances) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            db.query("CREATE TABLE public.effects (id text)");
            db.query("GRANT ALL ON public.effects TO PUBLIC");
            db.query("GRANT USAGE ON SCHEMA public TO PUBLIC");
            db.query(
                "CREATE FUNCTION public.count_effect() RETURNS trigger LANGUAGE plpgsql AS "
                "'BEGIN INSERT INTO public.effects VALUES (NEW.id); RETURN NEW; END'");
            db.query(
                "CREATE TRIGGER count_effects AFTER INSERT OR UPDATE ON users.users FOR EACH ROW "
                "EXECUTE FUNCTION public.count_effect()");
            Neighbours neighbours(runtime);
            UsersUnderTest first(runtime, db, neighbours);
            UsersUnderTest second(runtime, db, neighbours);

            neighbours.add_account("ada-1", "ada");
            for (int i = 0; i < 60; ++i) neighbours.publish(a_login("ada-1"));
            const auto all_applied = [&db] { return db.query("SELECT max(position) FROM users.checkpoints") == "61"; };
            const bool applied = co_await testing::eventually(all_applied);

            EXPECT_TRUE(applied);
            EXPECT_EQ(db.query("SELECT count(*) FROM public.effects"), "61");
            EXPECT_EQ(db.query("SELECT count(*) FROM users.dead_letters"), "0");
            co_await first.stop();
            co_await second.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Projection, AnOlderEventNeverOverwritesANewerCopy) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            UsersRepository users(pool);
            Neighbours neighbours(runtime);
            auto account = neighbours.add_account("ada-1", "ada", false);
            auto newer = account;
            newer.version = 3;
            newer.username = Username::trusted("countess");
            co_await users.store_copy(newer, true);

            const auto after_older = co_await users.store_copy(account, true);

            EXPECT_EQ(after_older->username.text(), "countess");
            EXPECT_EQ(after_older->account_version, 3);
            co_await neighbours.stop();
        },
        database);
}

TEST(Projection, ForgetsADeletedUser) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            neighbours.publish(an_update(neighbours.add_account("ada-1", "ada")));
            const events::UserDeleted deleted{"ada-1", "ada@example.com", "ada", "user"};
            neighbours.publish(deleted);

            const auto all_applied = [&db] { return db.query("SELECT max(position) FROM users.checkpoints") == "3"; };
            const bool applied = co_await testing::eventually(all_applied);

            EXPECT_TRUE(applied);
            // Only the mark that keeps late events from bringing the user back.
            EXPECT_EQ(db.query("SELECT id || email || username || full_name || preferences || purged FROM users.users"),
                      "ada-1{}true");
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Projection, NothingBringsADeletedUserBack) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            const auto account = neighbours.add_account("ada-1", "ada");
            const events::UserDeleted deleted{"ada-1", "ada@example.com", "ada", "user"};
            neighbours.publish(deleted);
            const events::UserDeleted never_seen{"bob-1", "bob@example.com", "bob", "user"};
            neighbours.publish(never_seen);
            neighbours.add_account("bob-1", "bob");
            auto late = account;
            late.version = 9;
            neighbours.publish(an_update(late));
            neighbours.publish(a_login("ada-1"));

            const auto all_applied = [&db] { return db.query("SELECT max(position) FROM users.checkpoints") == "6"; };
            const bool applied = co_await testing::eventually(all_applied);
            const auto old_token = co_await service.get("/users/me", "user:ada-1:user");
            const auto by_admin = co_await service.get("/users/ada-1", "user:root-1:admin");

            EXPECT_TRUE(applied);
            EXPECT_EQ(db.query("SELECT count(*) FROM users.users WHERE NOT purged OR email <> '' OR last_login IS NOT NULL"),
                      "0");
            EXPECT_EQ(old_token.status, 401);
            EXPECT_EQ(by_admin.status, 404);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(Projection, ParksWhatItCannotUnderstandAndGoesOn) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            Neighbours neighbours(runtime);
            UsersUnderTest service(runtime, db, neighbours);
            auto strange = an_update(neighbours.add_account("ada-1", "ada", false));
            strange.role = "wizard";
            neighbours.publish(strange);
            neighbours.add_account("eve-1", "eve");

            const auto eve_there = [&db] { return db.query("SELECT string_agg(id, ',') FROM users.users") == "eve-1"; };
            const bool went_on = co_await testing::eventually(eve_there, 30s);

            EXPECT_TRUE(went_on);
            EXPECT_EQ(db.query("SELECT event_type FROM users.dead_letters"), "user.updated");
            // Nor does it outlive its user.
            const events::UserDeleted deleted{"ada-1", "ada@example.com", "ada", "user"};
            neighbours.publish(deleted);
            const auto forgotten = [&db] { return db.query("SELECT count(*) FROM users.dead_letters") == "0"; };
            const bool forgot = co_await testing::eventually(forgotten);
            EXPECT_TRUE(forgot);
            co_await service.stop();
            co_await neighbours.stop();
        },
        database);
}

TEST(UsersRepository, PreferencesThatCannotBePromisedAreNotChanged) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            UsersRepository users(pool);
            const auto id = UserId::trusted("ada-1");
            co_await users.create_from_claims(id, Email::trusted("ada@example.com"), Username::trusted("ada"), Role::user);
            db.query("ALTER TABLE users.outbox ADD CONSTRAINT closed CHECK (type <> 'user.updated')");

            bool failed = false;
            try {
                const PreferencesChange change{{{"theme", "dark"}}};
                co_await users.change_preferences(id, change, true, "correlation");
            } catch (const pg::DatabaseError&) {  // the constraint above
                failed = true;
            }

            EXPECT_TRUE(failed);
            EXPECT_EQ(db.query("SELECT preferences::text || revision FROM users.users"), "{}1");
        },
        database);
}

awaitable<> keep(UsersRepository& users, AccountCopy account, bool& kept) {
    co_await users.store_copy(std::move(account), false);
    kept = true;
}

// While Redis is away a request and the consumer may write the same user at once: they lock in one order, so neither is ended
// as a deadlock.
TEST(UsersRepository, ARequestAndTheConsumerLockInTheSameOrder) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            UsersRepository users(pool);
            Neighbours neighbours(runtime);
            const auto account = neighbours.add_account("ada-1", "ada", false);
            co_await users.store_copy(account, true);
            auto consumer = co_await pool.begin();
            co_await note_uncached_write(consumer, account.id);
            bool kept = false;
            TaskGroup request(runtime.executor());
            request.spawn("request", keep(users, account, kept));
            const auto waits = [&db] { return db.query("SELECT count(*) > 0 FROM pg_locks WHERE NOT granted") == "t"; };
            const bool waited = co_await testing::eventually(waits);

            co_await store_copy(consumer, account);
            co_await consumer.commit();
            const bool ended = co_await request.drain(5s);

            EXPECT_TRUE(waited);
            EXPECT_TRUE(ended);
            EXPECT_TRUE(kept);
            co_await neighbours.stop();
        },
        database);
}

TEST(UsersRepository, ARevisionIsHeldAgainstWhatIsStored) {
    auto database = a_users_database();
    testing::run(
        [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
            pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
            UsersRepository users(pool);
            const auto id = UserId::trusted("ada-1");
            co_await users.create_from_claims(id, Email::trusted("ada@example.com"), Username::trusted("ada"), Role::user);
            const PreferencesChange first{{{"theme", "dark"}}, false, 1};
            const PreferencesChange stale{{{"theme", "light"}}, false, 1};

            const auto changed = co_await users.change_preferences(id, first, true, "correlation");
            std::string code;
            try {
                co_await users.change_preferences(id, stale, true, "correlation");
            } catch (const Failure& failure) {  // what the test asks for
                code = failure.error().code;
            }

            EXPECT_EQ(changed.revision, 2);
            EXPECT_EQ(code, "precondition_failed");
            EXPECT_EQ(db.query("SELECT count(*) FROM users.outbox"), "1");
        },
        database);
}

}  // namespace
}  // namespace darkroom::users
