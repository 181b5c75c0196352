// Commands over one pipelined connection, made again whenever it is lost. Private to this module. Loop thread only.
#pragma once

#include "platform/async/task_group.hpp"
#include "platform/redis/link.hpp"
#include "platform/redis/runner.hpp"

#include <deque>

namespace darkroom::redis {

class ServerRunner final : public Client::Core, public std::enable_shared_from_this<ServerRunner> {
public:
    ServerRunner(Executor executor, CpuPool& cpu, ClientOptions options);

    void start() override;
    void close() override;
    bool connected() const override { return ready_; }
    bool send(const std::vector<std::string>& words) override;
    awaitable<std::vector<Parsed>> run(std::vector<std::vector<std::string>> batch, SteadyClock::time_point until) override;

private:
    awaitable<> wait_until_ready(SteadyClock::time_point until);
    void on_reply(Parsed parsed);
    void on_close();
    /// Returns when the connection has ended.
    static awaitable<> connect_once(std::shared_ptr<ServerRunner> self);
    static awaitable<> stay_connected(std::shared_ptr<ServerRunner> self);

    Executor executor_;
    CpuPool& cpu_;
    ClientOptions options_;
    TaskGroup tasks_;
    Notifier changed_;
    std::shared_ptr<Link> link_;
    /// In the order of the commands; empty for those whose answer nobody wants.
    std::deque<std::optional<OneShot<Parsed>>> in_flight_;
    std::size_t attempts_ = 0;
    /// Connected and greeted.
    bool ready_ = false;
    bool last_attempt_failed_ = false;
    bool closed_ = false;
};

}  // namespace darkroom::redis
