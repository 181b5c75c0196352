// What a consumer tells the bus, and what it does when the bus answers.
#include "platform/bus/tests/consumer_test_support.hpp"

namespace darkroom::bus {
namespace {

using namespace consumer_test;

/// The bus's side of a report.
struct Desk {
    ConsumerReport last;
    ReportAnswer answer;
    int reports = 0;
};

awaitable<ReportAnswer> take(Desk& desk, ConsumerReport report) {
    desk.last = std::move(report);
    ++desk.reports;
    co_return desk.answer;
}

Reporter reporter_for(Desk& desk) {
    return [&desk](std::string, ConsumerReport report) { return take(desk, std::move(report)); };
}

TEST(ConsumerReport, SaysWhereItStandsAndWhatItHasGivenUpAndAReplayMakesGood) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            Desk desk;
            house.log.store("number.told", 1);
            house.log.store("number.told", -1);
            house.log.store("number.told", 3);
            house.start();
            house.group.spawn("reports", house.consumer.keep_reporting(reporter_for(desk)));

            const bool reported =
                co_await testing::eventually([&desk] { return desk.last.position == 3 && desk.last.dead_letters.size() == 1; });
            testing::require(reported, "position and dead letter are reported");
            const auto letter = desk.last.dead_letters.front();
            EXPECT_EQ(letter.position, 2);
            EXPECT_EQ(letter.attempts, 3);
            EXPECT_EQ(letter.error, "cannot stomach negative numbers");
            EXPECT_EQ(desk.last.event_types, (std::vector<std::string>{"number.told"}));

            desk.answer.replay = {letter.id};
            const bool in_vain = co_await testing::eventually(
                [&desk] { return !desk.last.dead_letters.empty() && desk.last.dead_letters.front().attempts > 3; });
            house.reader.stomachs_all = true;
            const bool done = co_await testing::eventually([&desk] { return desk.last.dead_letters.empty(); });
            desk.answer.replay.clear();
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(in_vain && done);
            EXPECT_EQ(effects, (std::vector<std::int64_t>{1, 3, 2})) << "once, however often the bus asks";
            co_await house.group.stop(5s);
        },
        servers);
}

TEST(ConsumerReport, RulesPauseAndExclude) {
    Servers servers;
    testing::run(
        [](Runtime& runtime, Servers& s) -> awaitable<> {
            House house(runtime, s.database, s.redis);
            Desk desk;
            desk.answer.rules = {{"number.*", RouteAction::pause}};
            house.group.spawn("reports", house.consumer.keep_reporting(reporter_for(desk)));
            co_await testing::eventually([&desk] { return desk.reports > 0; });
            house.log.store("number.told", 1);
            house.log.store("number.told", 2);
            house.start();

            const bool paused = co_await testing::eventually([&desk] { return desk.last.paused; });
            const auto before = co_await house.pool.all<std::int64_t>(list_effects);
            desk.answer.rules = {{"number.*", RouteAction::exclude}};
            const bool passed = co_await house.reaches(2);
            desk.answer.rules.clear();
            co_await testing::eventually([&desk, seen = desk.reports] { return desk.reports > seen + 1; });
            house.publish(house.log.store("number.told", 3));
            const bool reached = co_await house.reaches(3);
            const auto effects = co_await house.pool.all<std::int64_t>(list_effects);

            EXPECT_TRUE(paused && passed && reached);
            EXPECT_TRUE(before.empty());
            EXPECT_EQ(effects, (std::vector<std::int64_t>{3})) << "what was excluded has no effect";
            co_await house.group.stop(5s);
        },
        servers);
}

}  // namespace
}  // namespace darkroom::bus
