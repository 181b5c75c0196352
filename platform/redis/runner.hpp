// What stands behind a Client: one server (server_runner) or a cluster (cluster_runner). Private to this module. Loop thread
// only.
#pragma once

#include "platform/redis/client.hpp"
#include "platform/redis/protocol.hpp"

namespace darkroom::redis {

class Client::Core {
public:
    virtual ~Core() = default;
    virtual void start() = 0;
    virtual void close() = 0;
    virtual bool connected() const = 0;
    virtual bool send(const std::vector<std::string>& words) = 0;
    /// Replies and error replies in the order of the commands; Failure as `Client` promises. `until` bounds the whole.
    virtual awaitable<std::vector<Parsed>> run(std::vector<std::vector<std::string>> batch, SteadyClock::time_point until) = 0;
};

}  // namespace darkroom::redis
