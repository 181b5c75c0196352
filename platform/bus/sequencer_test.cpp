#include "platform/bus/sequencer.hpp"

#include <gtest/gtest.h>

#include <random>

namespace darkroom::bus {
namespace {

Envelope an_event(std::int64_t position) {
    Envelope event;
    event.id = "event-" + std::to_string(position);
    event.position = position;
    return event;
}

Page a_page(std::vector<std::int64_t> positions, std::int64_t head) {
    Page page;
    for (const auto position : positions) page.events.push_back(an_event(position));
    page.next_after = positions.empty() ? 0 : positions.back();
    page.head = head;
    return page;
}

/// Applies all that can be applied.
std::vector<std::int64_t> drain(Sequencer& sequencer) {
    std::vector<std::int64_t> positions;
    while (const auto* event = sequencer.next()) {
        positions.push_back(event->position);
        sequencer.applied(event->position);
    }
    return positions;
}

using Positions = std::vector<std::int64_t>;

Sequencer caught_up_at(std::int64_t position) {
    Sequencer sequencer(position);
    sequencer.fetching();
    sequencer.on_page(a_page({}, position));
    return sequencer;
}

TEST(Sequencer, AsksTheStoreFirst) {
    Sequencer sequencer(0);

    EXPECT_TRUE(sequencer.must_fetch());
    EXPECT_EQ(sequencer.next(), nullptr);
}

TEST(Sequencer, AppliesLiveEventsThatFollowDirectly) {
    auto sequencer = caught_up_at(5);

    sequencer.on_live(an_event(6));
    sequencer.on_live(an_event(7));

    EXPECT_EQ(drain(sequencer), (Positions{6, 7}));
    EXPECT_FALSE(sequencer.must_fetch());
    EXPECT_EQ(sequencer.gaps(), 0U);
}

TEST(Sequencer, AsksTheStoreWhenALiveEventLeavesAGap) {
    auto sequencer = caught_up_at(5);

    sequencer.on_live(an_event(8));
    EXPECT_EQ(sequencer.next(), nullptr);
    EXPECT_TRUE(sequencer.must_fetch());
    sequencer.fetching();
    sequencer.on_page(a_page({6, 7, 8}, 8));

    EXPECT_EQ(drain(sequencer), (Positions{6, 7, 8}));
    EXPECT_EQ(sequencer.gaps(), 1U);
}

TEST(Sequencer, ALostLastMessageIsNoticedByTheHead) {
    auto sequencer = caught_up_at(5);

    sequencer.on_head(6);

    EXPECT_TRUE(sequencer.must_fetch());
}

TEST(Sequencer, IgnoresRepeatedAndLateEvents) {
    auto sequencer = caught_up_at(5);

    for (const auto position : {4, 6, 6, 5}) sequencer.on_live(an_event(position));
    EXPECT_EQ(drain(sequencer), (Positions{6}));
    sequencer.on_live(an_event(6));
    sequencer.fetching();
    sequencer.on_page(a_page({5, 6}, 6));

    EXPECT_TRUE(drain(sequencer).empty());
}

TEST(Sequencer, LiveEventsThatArriveDuringAFetchJoinItsPage) {
    Sequencer sequencer(0);

    sequencer.fetching();
    sequencer.on_live(an_event(4));
    sequencer.on_live(an_event(3));
    sequencer.on_page(a_page({1, 2}, 2));

    EXPECT_EQ(drain(sequencer), (Positions{1, 2, 3, 4}));
}

TEST(Sequencer, PassesOverPositionsThatTheStoreHasCleared) {
    Sequencer sequencer(0);

    sequencer.fetching();
    sequencer.on_page(a_page({7, 9}, 12));
    EXPECT_EQ(drain(sequencer), (Positions{7, 9}));
    EXPECT_TRUE(sequencer.must_fetch());
    sequencer.fetching();
    sequencer.on_page(a_page({}, 12));

    EXPECT_EQ(sequencer.last(), 12);
    EXPECT_FALSE(sequencer.must_fetch());
}

TEST(Sequencer, AnEmptyPageNeverPassesOverWhatWasStoredAfterItsFetchBegan) {
    auto sequencer = caught_up_at(5);

    sequencer.on_doubt();
    sequencer.fetching();
    // Stored between the reading of the events and the reading of the head.
    sequencer.on_page(a_page({}, 6));

    EXPECT_EQ(sequencer.last(), 5);
    EXPECT_TRUE(sequencer.must_fetch());
}

TEST(Sequencer, FollowsTheCheckpointForwardsAndBackwards) {
    auto sequencer = caught_up_at(5);
    sequencer.on_live(an_event(6));
    sequencer.on_live(an_event(7));

    sequencer.on_checkpoint(6);
    EXPECT_EQ(drain(sequencer), (Positions{7}));
    sequencer.on_checkpoint(2);

    EXPECT_TRUE(sequencer.must_fetch());
    sequencer.fetching();
    sequencer.on_page(a_page({3, 4, 5, 6, 7}, 7));
    EXPECT_EQ(drain(sequencer), (Positions{3, 4, 5, 6, 7}));
}

TEST(Sequencer, ForgetsLiveEventsBeyondItsBoundAndFetchesThem) {
    auto sequencer = caught_up_at(0);
    for (std::int64_t position = 2; position < 10'000; ++position) sequencer.on_live(an_event(position));

    sequencer.fetching();
    sequencer.on_page(a_page({1}, 9'999));

    EXPECT_EQ(drain(sequencer).size(), 4097U);
    EXPECT_TRUE(sequencer.must_fetch());
}

// Whatever Pub/Sub loses, repeats or delays: every event comes out once, in order.
TEST(Sequencer, DeliversEveryEventOnceInOrderWhateverIsLost) {
    for (unsigned seed = 0; seed < 300; ++seed) {
        std::minstd_rand random(seed + 1);
        const auto chance = [&random](unsigned percent) { return random() % 100 < percent; };
        Sequencer sequencer(0);
        std::int64_t head = 0;
        Positions seen;
        const auto step = [&] {
            const auto applied = drain(sequencer);
            seen.insert(seen.end(), applied.begin(), applied.end());
            if (!sequencer.must_fetch()) return;
            sequencer.fetching();
            Positions page;
            for (auto position = sequencer.last() + 1; position <= head && page.size() < 3; ++position)
                page.push_back(position);
            // More may be stored, and told, before the answer is here.
            if (chance(30)) sequencer.on_live(an_event(++head));
            sequencer.on_page(a_page(page, head));
        };
        for (int i = 0; i < 200; ++i) {
            ++head;
            if (!chance(20)) sequencer.on_live(an_event(head));
            if (chance(10)) sequencer.on_live(an_event(1 + static_cast<std::int64_t>(random()) % head));
            if (chance(5)) sequencer.on_head(head);
            if (chance(60)) step();
        }
        sequencer.on_head(head);
        while (sequencer.last() < head) step();

        Positions expected;
        for (std::int64_t position = 1; position <= head; ++position) expected.push_back(position);
        ASSERT_EQ(seen, expected) << "seed " << seed;
    }
}

}  // namespace
}  // namespace darkroom::bus
