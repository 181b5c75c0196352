// Counts and times for GET /notifications/stats.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/notifications/domain/statistics.hpp"

namespace darkroom::notifications {

class StatisticsRepository {
public:
    explicit StatisticsRepository(pg::Pool& pool) : pool_(pool) {}

    awaitable<Statistics> of(UserId user);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::notifications
