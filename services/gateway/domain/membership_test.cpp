#include "services/gateway/domain/membership.hpp"

#include <gmock/gmock.h>

namespace darkroom::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const SteadyClock::time_point start{std::chrono::hours{1}};
const Address name{"image-service", 8002};
const Address a{"10.0.0.1", 8002};
const Address b{"10.0.0.2", 8002};

TEST(Membership, IsWhatIsConfiguredAsLongAsNothingElseIsKnown) {
    Membership membership({name, a});

    EXPECT_THAT(membership.members(start), ElementsAre(name, a));
    EXPECT_THAT(membership.names(), ElementsAre("image-service"));
}

TEST(Membership, ANameWithSeveralAddressesStandsForAllOfThem) {
    Membership membership({name});

    membership.resolved("image-service", {"fd00::1", "10.0.0.1", "10.0.0.2"});

    EXPECT_THAT(membership.members(start), ElementsAre(a, b));
}

TEST(Membership, ANameOfOneHostStaysAName) {
    Membership membership({name});

    membership.resolved("image-service", {"::1", "127.0.0.1"});

    EXPECT_THAT(membership.members(start), ElementsAre(name));
}

TEST(Membership, ALookUpThatFailsChangesNothing) {
    Membership membership({name});
    membership.resolved("image-service", {"10.0.0.1", "10.0.0.2"});

    membership.resolved("image-service", {});

    EXPECT_THAT(membership.members(start), ElementsAre(a, b));
}

TEST(Membership, WhoAnnouncesItselfIsOneAndIsNotCountedTwice) {
    Membership membership({name});
    membership.set_listening(true, start);
    membership.resolved("image-service", {"10.0.0.1"});

    EXPECT_TRUE(membership.heard(a, start));
    EXPECT_TRUE(membership.heard(b, start));
    EXPECT_FALSE(membership.heard(b, start));

    EXPECT_THAT(membership.members(start), UnorderedElementsAre(a, b));
}

TEST(Membership, WhoFallsSilentOrLeavesIsGone) {
    Membership membership({a});
    membership.set_listening(true, start);
    membership.heard(a, start);
    membership.heard(b, start);

    EXPECT_THAT(membership.members(start + 1500ms), UnorderedElementsAre(a, b));
    EXPECT_THAT(membership.members(start + 1501ms), ElementsAre(a)) << "it is configured";
    membership.heard(b, start + 2s);
    membership.left(b);
    EXPECT_THAT(membership.members(start + 2s), ElementsAre(a));
}

TEST(Membership, WithoutRedisSilenceMeansNothing) {
    Membership membership({name});
    membership.set_listening(true, start);
    membership.heard(b, start);

    membership.set_listening(false, start + 1s);
    EXPECT_THAT(membership.members(start + 60s), ElementsAre(b)) << "the name is unknown, and somebody else is not";
    membership.set_listening(true, start + 61s);
    EXPECT_THAT(membership.members(start + 62s), ElementsAre(b)) << "it has had no time to speak";
    EXPECT_THAT(membership.members(start + 63s), ElementsAre(name));
}

}  // namespace
}  // namespace darkroom::gateway
