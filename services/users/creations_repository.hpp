// Which account a request with an Idempotency-Key has made, or is about to.
#pragma once

#include "platform/pg/pool.hpp"

#include <optional>
#include <string>

namespace darkroom::users {

struct Creation {
    std::string fingerprint;
    UserId user_id{};
};
BOOST_DESCRIBE_STRUCT(Creation, (), (fingerprint, user_id))

class CreationsRepository {
public:
    explicit CreationsRepository(pg::Pool& pool) : pool_(pool) {}

    /// The first one of this creator and key within a day, which is `wanted` if there was none.
    awaitable<Creation> remember(UserId creator, std::string key, Creation wanted);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::users
