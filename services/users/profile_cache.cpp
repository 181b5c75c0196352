#include "services/users/profile_cache.hpp"

#include "platform/core/encoding.hpp"
#include "platform/core/log.hpp"

#include <array>

namespace darkroom::users {

namespace {

constexpr std::string_view life_ms = "300000";
/// Longer than reading a row may take: a lease that has ended only means that the reader does not fill.
constexpr std::string_view lease_ms = "10000";
/// Longer than any transaction can (statement and idle deadlines of pg::PoolOptions).
constexpr std::string_view write_ms = "120000";
constexpr std::string_view leased = "leased";

constexpr std::string_view look_up_script = R"lua(
local value = redis.call('HGET', KEYS[1], 'v')
if value then return value end
if redis.call('EXISTS', KEYS[1]) == 1 then return '' end
redis.call('HSET', KEYS[1], 'lease', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 'leased'
)lua";

constexpr std::string_view fill_script = R"lua(
if redis.call('HGET', KEYS[1], 'lease') ~= ARGV[1] then return 0 end
redis.call('HDEL', KEYS[1], 'lease')
redis.call('HSET', KEYS[1], 'v', ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
)lua";

constexpr std::string_view begin_write_script = R"lua(
redis.call('HDEL', KEYS[1], 'v', 'lease')
redis.call('HSET', KEYS[1], 'w:' .. ARGV[1], '1')
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
)lua";

// Also the value and the lease: another write may have been forgotten (an eviction, a restart of Redis) and somebody filled
// since.
constexpr std::string_view end_write_script = R"lua(
return redis.call('HDEL', KEYS[1], 'v', 'lease', 'w:' .. ARGV[1])
)lua";

std::string key_of(const UserId& id) {
    return "darkroom:profile:" + id.text();
}

template <class... Arguments>
std::vector<std::string> script(std::string_view text, const UserId& id, const Arguments&... arguments) {
    return {"EVAL", std::string(text), "1", key_of(id), std::string(arguments)...};
}

}  // namespace

ProfileCache::ProfileCache(redis::Client& redis, telemetry::Metrics& metrics)
    : redis_(redis),
      hits_(metrics.counter("darkroom_profile_cache_total", "Profiles asked of the cache.", {{"result", "hit"}})),
      misses_(metrics.counter("darkroom_profile_cache_total", "Profiles asked of the cache.", {{"result", "miss"}})) {}

awaitable<CachedProfile> ProfileCache::look_up(UserId id) {
    CachedProfile found;
    auto token = random_token(12);
    std::string text;
    try {
        const auto reply = co_await redis_.command(script(look_up_script, id, token, lease_ms));
        text = reply.text();
    } catch (const Failure&) {                    // Redis is away: the database has it
    } catch (const redis::CommandError& error) {  // a replica, or out of memory: the same to us
        log::debug("the profile cache is refused", {{"reason", error.what()}});
    }
    if (text == leased) {
        found.lease = std::move(token);
    } else if (!text.empty()) {
        // What another version of this service has written is not understood, and expires.
        auto user = json::decode_json<StoredUser>(text, json::Unknown::ignore);
        if (user) found.user = std::move(*user);
    }
    (found.user ? hits_ : misses_).Increment();
    co_return found;
}

void ProfileCache::fill(const UserId& id, const std::string& lease, const StoredUser& user) {
    redis_.send(script(fill_script, id, lease, json::serialize(json::encode(user)), life_ms));
}

awaitable<ProfileWrite> ProfileCache::begin_write(UserId id) {
    ProfileWrite write{std::move(id), random_token(12)};
    try {
        co_await redis_.command(script(begin_write_script, write.id, write.token, write_ms));
        write.announced = true;
    } catch (const Failure&) {                    // noted with the row instead
    } catch (const redis::CommandError& error) {  // the same
        log::warning("a write cannot be told to the profile cache", {{"reason", error.what()}});
    }
    co_return write;
}

void ProfileCache::end_write(const ProfileWrite& write) {
    redis_.send(script(end_write_script, write.id, write.token));
}

awaitable<> ProfileCache::drop(std::vector<UserId> ids) {
    std::vector<std::vector<std::string>> commands;
    for (const auto& id : ids) commands.push_back({"DEL", key_of(id)});
    if (!commands.empty()) co_await redis_.commands(std::move(commands));
}

}  // namespace darkroom::users
