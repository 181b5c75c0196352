// Commands to Redis: one server, the master that Sentinels name, or a cluster; pipelined. Loop thread only.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/redis/reply.hpp"
#include "platform/redis/url.hpp"

#include <memory>
#include <string>
#include <vector>

namespace darkroom::redis {

struct ClientOptions {
    Url url;
    /// For a whole command, waiting for the connection included.
    Milliseconds command_deadline = 1s;
    Milliseconds connect_deadline = 2s;
    /// Commands sent and not answered beyond this many are refused at once.
    std::size_t max_in_flight = 65536;
};

/// Redis is never the truth, so its absence is an ordinary Failure{unavailable, "redis_unavailable"}: at once while the server
/// is known to be away, at the latest after the deadline. A command whose connection was lost may or may not have been done.
/// In a cluster each command goes to the node of its first key (slots.hpp): all keys of one command must be of one slot, so
/// give them a common {tag}; MULTI does not work there.
class Client {
public:
    /// Connects in the background from now on, again with backoff whenever the connection is lost.
    Client(Executor executor, CpuPool& cpu, ClientOptions options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    /// `co_await client.command({"SET", key, value})`. An error reply is thrown as CommandError.
    awaitable<Reply> command(std::vector<std::string> words);
    /// All are sent in one write (in a cluster, in one to each node); replies in their order. The first error reply is thrown
    /// after all have arrived.
    awaitable<std::vector<Reply>> commands(std::vector<std::vector<std::string>> batch);
    /// Fire and forget: never waits, never throws; false when the connection is away and the command was dropped.
    bool send(std::vector<std::string> words);

    bool connected() const;
    /// PING within the deadline. Never throws but for cancellation.
    awaitable<bool> healthy();

    class Core;

private:
    Milliseconds command_deadline_;
    std::shared_ptr<Core> core_;
};

}  // namespace darkroom::redis
