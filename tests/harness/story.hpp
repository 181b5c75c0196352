// What a patient client does while somebody pulls plugs, and what must be found afterwards.
#pragma once

#include "tests/harness/person.hpp"

#include <set>
#include <string>
#include <vector>

namespace darkroom::system_test {

/// An upload, ten jobs on it, another upload with a job.
struct Story {
    Person person;
    std::set<std::string> ordered;
};

/// Blocks until every job is completed; throws when one cannot be.
Story play_story(const System& system);

/// Every job completed, told of and sent exactly once, and the log without a gap. Waits for what is still on its way.
void expect_everything_once(const System& system, Story& story);

/// The whole log, by position.
std::vector<json::Value> whole_log(const System& system);

}  // namespace darkroom::system_test
