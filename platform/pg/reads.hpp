// Reads that may lag a second or two behind the last write: lists for administrators, searches, statistics, the event log's
// past. From a replica while there is a fresh one, else from the primary. Loop thread only.
//
//     auto users = co_await reads.all<User>(search_users, pattern);
//
// Never for what decides about a write, nor for what its author must see at once.
#pragma once

#include "platform/pg/pool.hpp"

namespace darkroom::pg {

class Reads : public Statements<Reads> {
public:
    /// `replica.url` empty: everything goes to `primary`, and nothing is watched.
    Reads(Runtime& runtime, Pool& primary, PoolOptions replica);

    /// Watches how far the replica is behind, until cancelled; spawn it in a TaskGroup. Before, the primary is asked.
    awaitable<> watch();
    /// True while reads go to the replica: it answers, and has replayed what the primary had written a second ago.
    bool uses_replica() const { return fresh_; }
    bool has_replica() const { return replica_ != nullptr; }

    /// A replica that fails in the middle (gone, or a conflict with recovery) is passed over: the primary answers.
    awaitable<ResultSet> run(Query query, Parameters parameters);

private:
    awaitable<std::optional<ResultSet>> try_replica(Query query, Parameters parameters);
    awaitable<bool> is_fresh();

    Pool& primary_;
    std::unique_ptr<Pool> replica_;
    /// What the primary had written at the last look.
    std::string written_;
    bool fresh_ = false;
};

}  // namespace darkroom::pg
