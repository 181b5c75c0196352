// REDIS_URL.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/secret.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::redis {

struct Node {
    std::string host;
    std::uint16_t port = 0;

    bool operator==(const Node&) const = default;
};

enum class Topology { single, sentinel, cluster };

/// redis://[[user]:password@]host[:port][/db]
/// unix://[[user]:password@]/path/redis.sock[?db=n]
/// redis+sentinel://[[user]:password@]host[:port][,host[:port]…]/master[/db][?sentinel_password=…]
/// redis+cluster://[[user]:password@]host[:port][,host[:port]…]
struct Url {
    Topology topology = Topology::single;
    /// Not empty: a unix socket, and host and port mean nothing.
    std::string path;
    /// Of the one server; with Sentinel or a cluster of none.
    std::string host = "127.0.0.1";
    std::uint16_t port = 6379;
    std::string user;
    Secret password;
    int database = 0;
    /// The Sentinels, or the cluster's nodes to begin with; others are learnt from them.
    std::vector<Node> nodes;
    /// What the Sentinels call the master.
    std::string master;
    Secret sentinel_password;

    static Result<Url> parse(std::string_view text);
    /// The same credentials and database on one plain server.
    Url at(const Node& node) const;
};

}  // namespace darkroom::redis
