// Commands to a Redis Cluster: each to the node of its slot. Private to this module. Loop thread only.
#pragma once

#include "platform/async/task_group.hpp"
#include "platform/redis/runner.hpp"
#include "platform/redis/slots.hpp"

#include <map>

namespace darkroom::redis {

class ServerRunner;

class ClusterRunner final : public Client::Core, public std::enable_shared_from_this<ClusterRunner> {
public:
    ClusterRunner(Executor executor, CpuPool& cpu, ClientOptions options);

    void start() override;
    void close() override;
    bool connected() const override;
    bool send(const std::vector<std::string>& words) override;
    awaitable<std::vector<Parsed>> run(std::vector<std::vector<std::string>> batch, SteadyClock::time_point until) override;

private:
    struct Range {
        std::uint16_t first = 0;
        std::uint16_t last = 0;
        Node node;
    };
    struct Command {
        /// Where its reply belongs.
        std::size_t index = 0;
        bool asking = false;
        std::vector<std::string> words;
    };
    struct ByNode {
        bool operator()(const Node& a, const Node& b) const { return std::tie(a.host, a.port) < std::tie(b.host, b.port); }
    };
    using Servers = std::map<Node, std::shared_ptr<ServerRunner>, ByNode>;
    using Work = std::map<Node, std::vector<Command>, ByNode>;

    std::optional<Node> node_of(const std::vector<std::string>& words) const;
    std::shared_ptr<ServerRunner> server_at(const Node& node);
    awaitable<> wait_for_map(SteadyClock::time_point until);
    /// Sends what is for one node; replies go to their places, and what was redirected comes back as further work.
    awaitable<Work> run_on(Node node, std::vector<Command> commands, std::vector<Parsed>& replies,
                           SteadyClock::time_point until);
    void redirect(Work& work, const Node& answered, Command command, const Redirection& redirection);
    void refresh_soon();
    static awaitable<> keep_map_fresh(std::shared_ptr<ClusterRunner> self);
    static awaitable<> send_in_background(std::shared_ptr<ClusterRunner> self, std::vector<std::string> words);
    awaitable<bool> refresh();
    awaitable<bool> ask_for_map(Node node);
    void adopt(const Reply& slots, const Node& answered);

    Executor executor_;
    CpuPool& cpu_;
    ClientOptions options_;
    TaskGroup tasks_;
    Notifier changed_;
    Notifier stale_;
    Servers servers_;
    /// In the order of their slots; empty until the first node has answered.
    std::vector<Range> ranges_;
    std::size_t sending_ = 0;
    bool last_refresh_failed_ = false;
    bool closed_ = false;
};

}  // namespace darkroom::redis
