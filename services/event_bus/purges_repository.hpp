// Takes deleted users out of the log and its archives. Every step may be done twice, so instances need not take turns.
#pragma once

#include "platform/pg/pool.hpp"

#include <optional>
#include <string>

namespace darkroom::event_bus {

/// A user.deleted of auth-service.
struct Removal {
    std::string user_id;
    std::int64_t position = 0;
};
BOOST_DESCRIBE_STRUCT(Removal, (), (user_id, position))

class PurgesRepository {
public:
    explicit PurgesRepository(pg::Pool& pool) : pool_(pool) {}

    /// The oldest one that was not dealt with.
    awaitable<std::optional<Removal>> next();
    /// Deletes the user's events before it.
    awaitable<> purge(Removal removal);
    /// Deletes what came late of one user who was removed a day ago, and what is personal in user.deleted. False when there is
    /// none.
    awaitable<bool> finish_one();

private:
    /// Of the log and of the archives, piece by piece, so that nobody who publishes has to wait.
    awaitable<> delete_before(std::string user_id, std::int64_t position);

    pg::Pool& pool_;
};

}  // namespace darkroom::event_bus
