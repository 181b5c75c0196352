// A Redis Cluster and a Sentinel pair for tests: real servers on free loopback ports, gone with the test program.
#pragma once

#include "platform/testing/process.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace darkroom::testing {

/// Three masters that share the slots; ready when the constructor returns.
class RedisCluster {
public:
    RedisCluster();

    /// redis+cluster://… with one node only: the others have to be learnt.
    std::string url() const;
    std::size_t size() const { return ports_.size(); }
    std::uint16_t port(std::size_t node) const { return ports_[node]; }
    /// SIGKILL.
    void kill(std::size_t node);
    /// After `kill`: on the same port, with the slots it had.
    void start(std::size_t node);
    /// What redis-cli answers, asked at this node.
    std::string ask(std::size_t node, const std::vector<std::string>& words) const;
    /// Hands one slot, keys and all, to another node.
    void move_slot(int slot, std::size_t from, std::size_t to);

private:
    std::string directory_of(std::size_t node) const { return directory_.path() + "/" + std::to_string(ports_[node]); }

    TemporaryDirectory directory_;
    std::vector<std::uint16_t> ports_;
    std::vector<Process> processes_;
};

/// A master, a replica and one Sentinel that needs nobody's agreement to make the replica the master.
class RedisSentinel {
public:
    RedisSentinel();

    /// redis+sentinel://…/darkroom
    std::string url() const;
    std::uint16_t sentinel_port() const { return ports_[2]; }
    std::uint16_t master_port() const { return ports_[0]; }
    /// SIGKILL; the Sentinel notices within a second.
    void kill_master();

private:
    TemporaryDirectory directory_;
    std::vector<std::uint16_t> ports_;
    std::vector<Process> processes_;
};

}  // namespace darkroom::testing
