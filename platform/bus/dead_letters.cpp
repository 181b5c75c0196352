#include "platform/bus/dead_letters.hpp"

namespace darkroom::bus::dead_letters {

namespace {

// user.deleted itself stays: a parked one is work to be done.
constexpr pg::Query forget_user{"dead_letters.forget", R"sql(
    DELETE FROM dead_letters WHERE event_type <> 'user.deleted' AND event::json->>'user_id' = $1
)sql"};

}  // namespace

awaitable<> forget(pg::Transaction& transaction, UserId user) {
    co_await transaction.execute(forget_user, user);
}

}  // namespace darkroom::bus::dead_letters
