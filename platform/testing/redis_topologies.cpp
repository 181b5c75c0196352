#include "platform/testing/redis_topologies.hpp"

#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace darkroom::testing {

namespace {

std::string redis_cli(std::uint16_t port, const std::vector<std::string>& words) {
    auto command = "exec " + find_program("redis-cli") + " -h 127.0.0.1 -p " + std::to_string(port);
    for (const auto& word : words) command += " '" + word + "'";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>&1").c_str(), "r"), &::pclose);
    std::string output;
    std::array<char, 4096> buffer{};
    while (const auto count = std::fread(buffer.data(), 1, buffer.size(), pipe.get())) output.append(buffer.data(), count);
    while (output.ends_with('\n')) output.pop_back();
    return output;
}

Process redis_server(std::uint16_t port, const std::string& directory, std::vector<std::string> more) {
    std::vector<std::string> arguments{find_program("redis-server"),
                                       "--port",
                                       std::to_string(port),
                                       "--bind",
                                       "127.0.0.1",
                                       "--save",
                                       "",
                                       "--appendonly",
                                       "no",
                                       "--daemonize",
                                       "no"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return Process({.arguments = arguments, .directory = directory, .log = directory + "/" + std::to_string(port) + ".log"});
}

void wait_for_pong(std::uint16_t port) {
    wait_until([port] { return redis_cli(port, {"PING"}) == "PONG"; }, 20, "Redis");
}

/// The cluster's own bus listens ten thousand ports above, and both must be free.
std::uint16_t cluster_port() {
    while (true) {
        const auto port = free_port();
        if (port < 50'000) return port;
    }
}

}  // namespace

RedisCluster::RedisCluster() : directory_("redis-cluster") {
    for (int node = 0; node < 3; ++node) ports_.push_back(cluster_port());
    processes_.resize(ports_.size());
    std::vector<std::string> create{"--cluster", "create"};
    for (std::size_t node = 0; node < ports_.size(); ++node) {
        ::mkdir(directory_of(node).c_str(), 0755);
        start(node);
        create.push_back("127.0.0.1:" + std::to_string(ports_[node]));
    }
    create.emplace_back("--cluster-yes");
    const auto report = redis_cli(ports_[0], create);
    const auto is_ready = [this] {
        for (std::size_t node = 0; node < size(); ++node) {
            if (ask(node, {"CLUSTER", "INFO"}).find("cluster_state:ok") == std::string::npos) return false;
        }
        return true;
    };
    try {
        wait_until(is_ready, 30, "the Redis Cluster");
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(error.what() + ("\n" + report));
    }
}

std::string RedisCluster::url() const {
    return "redis+cluster://127.0.0.1:" + std::to_string(ports_[0]);
}

void RedisCluster::kill(std::size_t node) {
    processes_[node].stop();
}

void RedisCluster::start(std::size_t node) {
    processes_[node] =
        redis_server(ports_[node], directory_of(node),
                     {"--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-require-full-coverage", "no"});
    wait_for_pong(ports_[node]);
}

std::string RedisCluster::ask(std::size_t node, const std::vector<std::string>& words) const {
    return redis_cli(ports_[node], words);
}

void RedisCluster::move_slot(int slot, std::size_t from, std::size_t to) {
    const auto number = std::to_string(slot);
    const auto target = ask(to, {"CLUSTER", "MYID"});
    ask(to, {"CLUSTER", "SETSLOT", number, "IMPORTING", ask(from, {"CLUSTER", "MYID"})});
    ask(from, {"CLUSTER", "SETSLOT", number, "MIGRATING", target});
    while (true) {
        const auto key = ask(from, {"CLUSTER", "GETKEYSINSLOT", number, "1"});
        if (key.empty()) break;
        ask(from, {"MIGRATE", "127.0.0.1", std::to_string(ports_[to]), key, "0", "5000"});
    }
    ask(to, {"CLUSTER", "SETSLOT", number, "NODE", target});
    ask(from, {"CLUSTER", "SETSLOT", number, "NODE", target});
}

RedisSentinel::RedisSentinel() : directory_("redis-sentinel") {
    for (int server = 0; server < 3; ++server) ports_.push_back(free_port());
    const auto master = std::to_string(ports_[0]);
    processes_.push_back(redis_server(ports_[0], directory_.path(), {"--repl-diskless-sync-delay", "0"}));
    processes_.push_back(redis_server(ports_[1], directory_.path(), {"--replicaof", "127.0.0.1 " + master}));
    wait_for_pong(ports_[0]);
    const auto in_step = [this] {
        return redis_cli(ports_[1], {"INFO", "replication"}).find("master_link_status:up") != std::string::npos;
    };
    wait_until(in_step, 20, "the replica");
    const auto file = directory_.path() + "/sentinel.conf";
    std::ofstream(file) << "port " << ports_[2] << "\nbind 127.0.0.1\nsentinel monitor darkroom 127.0.0.1 " << master
                        << " 1\nsentinel down-after-milliseconds darkroom 500\nsentinel failover-timeout darkroom 3000\n";
    processes_.push_back(Process({.arguments = {find_program("redis-server"), file, "--sentinel"},
                                  .directory = directory_.path(),
                                  .log = directory_.path() + "/sentinel.log"}));
    const auto knows_both = [this] {
        return redis_cli(ports_[2], {"SENTINEL", "replicas", "darkroom"}).find(std::to_string(ports_[1])) != std::string::npos;
    };
    wait_until(knows_both, 30, "the Sentinel");
}

std::string RedisSentinel::url() const {
    return "redis+sentinel://127.0.0.1:" + std::to_string(ports_[2]) + "/darkroom";
}

void RedisSentinel::kill_master() {
    processes_[0].stop();
}

}  // namespace darkroom::testing
