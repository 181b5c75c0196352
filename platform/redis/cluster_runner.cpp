#include "platform/redis/cluster_runner.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "platform/redis/link.hpp"
#include "platform/redis/server_runner.hpp"

namespace darkroom::redis {

namespace {

/// A slot may move twice while we ask; more is a cluster that does not know itself.
constexpr int max_redirections = 5;
/// Also without any sign that the map is old: nodes that joined take over slots only when somebody asks.
constexpr Milliseconds refresh_interval = 30s;
/// After a failed look, and for a slot that nobody serves at the moment.
constexpr Milliseconds retry_pause = 100ms;

bool must_wait(const Parsed& parsed) {
    return parsed.error && (parsed.error->starts_with("CLUSTERDOWN") || parsed.error->starts_with("TRYAGAIN") ||
                            parsed.error->starts_with("LOADING"));
}

}  // namespace

ClusterRunner::ClusterRunner(Executor executor, CpuPool& cpu, ClientOptions options)
    : executor_(executor), cpu_(cpu), options_(std::move(options)), tasks_(executor), changed_(executor), stale_(executor) {}

void ClusterRunner::start() {
    tasks_.spawn("redis-cluster", keep_map_fresh(shared_from_this()));
}

void ClusterRunner::close() {
    closed_ = true;
    tasks_.cancel();
    const auto servers = std::exchange(servers_, {});
    for (const auto& [node, server] : servers) server->close();
    changed_.notify();
}

bool ClusterRunner::connected() const {
    const auto is_connected = [](const auto& entry) { return entry.second->connected(); };
    return !ranges_.empty() && std::ranges::any_of(servers_, is_connected);
}

// ---- commands ----------------------------------------------------------------------------------------------------------

bool ClusterRunner::send(const std::vector<std::string>& words) {
    if (!connected() || sending_ >= options_.max_in_flight) return false;
    // Not straight to the node: only who reads the reply learns that a slot has moved.
    tasks_.spawn("redis-send", send_in_background(shared_from_this(), words));
    return true;
}

awaitable<> ClusterRunner::send_in_background(std::shared_ptr<ClusterRunner> self, std::vector<std::string> words) {
    struct Count {
        std::size_t& count;
        explicit Count(std::size_t& c) : count(c) { ++count; }
        ~Count() { --count; }
    } const count(self->sending_);
    std::vector<std::vector<std::string>> batch;
    batch.push_back(std::move(words));
    try {
        co_await self->run(std::move(batch), SteadyClock::now() + self->options_.command_deadline);
    } catch (const Failure&) {  // nobody waits for it
    }
}

awaitable<std::vector<Parsed>> ClusterRunner::run(std::vector<std::vector<std::string>> batch, SteadyClock::time_point until) {
    const auto self = shared_from_this();
    co_await wait_for_map(until);
    std::vector<Parsed> replies(batch.size());
    Work work;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const auto node = node_of(batch[i]);
        if (!node) fail(redis_unavailable());
        work[*node].push_back({.index = i, .words = std::move(batch[i])});
    }
    for (int round = 0; !work.empty(); ++round) {
        if (round > max_redirections || SteadyClock::now() >= until) fail(redis_unavailable());
        Work next;
        for (auto& [node, commands] : work) {
            auto further = co_await run_on(node, std::move(commands), replies, until);
            for (auto& [target, more] : further) {
                auto& there = next[target];
                std::ranges::move(more, std::back_inserter(there));
            }
        }
        work = std::move(next);
    }
    co_return replies;
}

awaitable<ClusterRunner::Work> ClusterRunner::run_on(Node node, std::vector<Command> commands, std::vector<Parsed>& replies,
                                                     SteadyClock::time_point until) {
    std::vector<std::vector<std::string>> batch;
    for (const auto& command : commands) {
        if (command.asking) batch.push_back({"ASKING"});
        batch.push_back(command.words);
    }
    const auto server = server_at(node);
    std::vector<Parsed> answers;
    try {
        answers = co_await server->run(std::move(batch), until);
    } catch (const Failure&) {  // somebody may have taken over its slots
        refresh_soon();
        throw;
    }
    Work further;
    std::size_t at = 0;
    bool wait = false;
    for (auto& command : commands) {
        if (command.asking) ++at;
        auto& answer = answers[at++];
        const auto redirection = answer.error ? Redirection::parse(*answer.error) : std::nullopt;
        wait = wait || must_wait(answer);
        if (redirection) {
            redirect(further, node, std::move(command), *redirection);
        } else if (must_wait(answer)) {
            further[node].push_back(std::move(command));
        } else {
            replies[command.index] = std::move(answer);
        }
    }
    if (wait) co_await pause_for(retry_pause);
    co_return further;
}

void ClusterRunner::redirect(Work& work, const Node& answered, Command command, const Redirection& redirection) {
    if (!redirection.ask) refresh_soon();
    command.asking = redirection.ask;
    const Node target{.host = redirection.host.empty() ? answered.host : redirection.host, .port = redirection.port};
    work[target].push_back(std::move(command));
}

// ---- the map of slots --------------------------------------------------------------------------------------------------

std::optional<Node> ClusterRunner::node_of(const std::vector<std::string>& words) const {
    const auto slot = slot_of_command(words);
    if (!slot) return ranges_.empty() ? std::nullopt : std::optional(ranges_.front().node);
    for (const auto& range : ranges_) {
        if (*slot >= range.first && *slot <= range.last) return range.node;
    }
    return std::nullopt;
}

std::shared_ptr<ServerRunner> ClusterRunner::server_at(const Node& node) {
    if (closed_) fail(redis_unavailable());
    auto& server = servers_[node];
    if (!server) {
        auto options = options_;
        options.url = options_.url.at(node);
        server = std::make_shared<ServerRunner>(executor_, cpu_, std::move(options));
        server->start();
    }
    return server;
}

awaitable<> ClusterRunner::wait_for_map(SteadyClock::time_point until) {
    while (ranges_.empty()) {
        const auto left = std::chrono::ceil<Milliseconds>(until - SteadyClock::now());
        if (closed_ || last_refresh_failed_ || left <= 0ms) fail(redis_unavailable());
        co_await changed_.wait_for(left);
    }
}

void ClusterRunner::refresh_soon() {
    stale_.notify();
}

awaitable<> ClusterRunner::keep_map_fresh(std::shared_ptr<ClusterRunner> self) {
    while (!self->closed_) {
        const auto seen = self->stale_.count();
        const bool fresh = co_await self->refresh();
        if (!fresh && !self->last_refresh_failed_) log::warning("no node of the Redis Cluster answers");
        self->last_refresh_failed_ = !fresh;
        self->changed_.notify();
        // A node that died is told of by every command that wanted it; its successor takes a moment to be chosen.
        co_await pause_for(retry_pause);
        if (fresh) co_await self->stale_.wait_past(seen, refresh_interval);
    }
}

awaitable<bool> ClusterRunner::refresh() {
    std::vector<Node> nodes = options_.url.nodes;
    for (const auto& range : ranges_) nodes.push_back(range.node);
    // The last asked first: nodes that live know more than the addresses given once.
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        const bool answered = co_await ask_for_map(*node);
        if (answered) co_return true;
    }
    co_return false;
}

awaitable<bool> ClusterRunner::ask_for_map(Node node) {
    const auto server = server_at(node);
    std::vector<std::vector<std::string>> batch;
    batch.push_back({"CLUSTER", "SLOTS"});
    try {
        const auto answers = co_await server->run(std::move(batch), SteadyClock::now() + options_.command_deadline);
        const auto& answer = answers.front();
        if (answer.error) log::warning("this is no Redis Cluster", {{"node", node.host}, {"error", *answer.error}});
        if (answer.error || answer.reply.array().empty()) co_return false;
        adopt(answer.reply, node);
        co_return true;
    } catch (const Failure&) {  // the next node may answer
    }
    co_return false;
}

/// [[first, last, [host, port, …of the master], …replicas], …]
void ClusterRunner::adopt(const Reply& slots, const Node& answered) {
    std::vector<Range> ranges;
    for (const auto& row : slots.array()) {
        const auto& parts = row.array();
        const auto& master = parts.at(2).array();
        // An empty host: the address at which we asked.
        const auto host = master.at(0).is_text() ? master.at(0).text() : std::string();
        ranges.push_back({.first = static_cast<std::uint16_t>(parts.at(0).integer()),
                          .last = static_cast<std::uint16_t>(parts.at(1).integer()),
                          .node = {.host = host.empty() ? answered.host : host,
                                   .port = static_cast<std::uint16_t>(master.at(1).integer())}});
    }
    ranges_ = std::move(ranges);
    const auto is_gone = [this](const Node& node) {
        const auto serves = [&node](const Range& range) { return range.node == node; };
        return std::ranges::none_of(ranges_, serves) && std::ranges::find(options_.url.nodes, node) == options_.url.nodes.end();
    };
    for (auto entry = servers_.begin(); entry != servers_.end();) {
        if (is_gone(entry->first)) {
            entry->second->close();
            entry = servers_.erase(entry);
        } else {
            ++entry;
        }
    }
    // Connected before they are needed, as a single server is.
    for (const auto& range : ranges_) server_at(range.node);
}

}  // namespace darkroom::redis
