// The whole of Darkroom as real processes, privately: six services, PostgreSQL and Redis on free ports and sockets of their
// own. They die with the test program, whatever it dies of. DARKROOM_TEST_SYSTEM attaches to one that runs (see attached.hpp).
#pragma once

#include "platform/testing/pg_topologies.hpp"
#include "platform/testing/process.hpp"
#include "platform/testing/redis_topologies.hpp"
#include "platform/testing/servers.hpp"

#include "tests/harness/attached.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::system_test {

enum class Part { gateway, events, images, users, auth, notifications, redis, postgres };

inline constexpr std::array services{Part::auth, Part::events, Part::users, Part::images, Part::notifications, Part::gateway};

/// "image-service"; "redis" and "postgres" for those.
std::string_view name_of(Part part);

enum class RedisKind { single, cluster, sentinel };

struct SystemOptions {
    /// Added to each service's environment, "NAME=value".
    std::vector<std::string> environment{};
    /// Of every service.
    std::size_t instances = 1;
    /// The gateway is told of the first instance of each only; the others announce themselves.
    bool announced = false;
    RedisKind redis = RedisKind::single;
    /// PgBouncer in transaction mode before PostgreSQL, with few sessions.
    bool pooler = false;
    /// A streaming replica for reads.
    bool replica = false;
};

class System {
public:
    /// The one system of the test program, ready, with everything running. Started at the first use.
    static System& instance();

    explicit System(SystemOptions options = {});
    ~System();
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    std::uint16_t port(Part service, std::size_t instance = 0) const { return ports_.at(service).at(instance); }
    /// SIGKILL. A Redis that is no single server cannot be killed so: see `cluster` and `sentinel`.
    void kill(Part part, std::size_t instance = 0);
    /// After `kill`, on the same port and data. Returns once the process runs, not once it is ready.
    void start(Part part, std::size_t instance = 0);
    /// Blocks until GET /health/ready says 200 at every instance.
    void wait_ready(Part service) const;
    void wait_all_ready() const;

    testing::RedisCluster& cluster() { return *cluster_; }
    testing::RedisSentinel& sentinel() { return *sentinel_; }
    testing::PgReplica& replica() { return *replica_; }

    /// First column of the first row, as the superuser.
    std::string query(const std::string& sql) const;
    /// Where the image service keeps its files.
    std::string data_directory() const { return attached_ ? attached_->data : directory_.path() + "/images"; }
    /// Where mail goes: one .eml file each.
    std::string mail_directory() const { return attached_ ? attached_->mail : directory_.path() + "/mail"; }
    /// PEM of the key that signs access tokens.
    std::string signing_key_file() const { return (attached_ ? attached_->secrets : directory_.path()) + "/signing-key.pem"; }
    std::string service_secret(std::string_view client) const {
        return attached_ ? attached_->secret_of(std::string(client)) : secret_;
    }
    /// The last lines of every log, for a failed test's output.
    std::string log_tails(std::size_t bytes = 4'000) const;

private:
    /// Everything that a system of our own needs.
    void start_all();
    void make_database();
    void start_postgres();
    void start_redis();
    void start_service(Part service, std::size_t instance);
    void migrate(Part service);
    std::vector<std::string> environment_of(Part service, std::size_t instance) const;
    void add_databases(std::vector<std::string>& environment, std::string_view role) const;
    std::string database_url(std::string_view role) const;
    std::string redis_url() const;
    /// Of all instances, separated by commas.
    std::string urls(Part service) const;
    /// What `asker` is told of where `service` is.
    std::string urls_for(Part asker, Part service) const;
    std::string log_of(std::string_view name) const { return log_directory_ + '/' + std::string(name) + ".log"; }

    testing::TemporaryDirectory directory_{"system"};
    /// DARKROOM_TEST_LOGS names a directory that outlives the test.
    std::string log_directory_;
    SystemOptions options_;
    std::optional<Attached> attached_;
    std::string secret_;
    std::map<Part, std::vector<std::uint16_t>> ports_;
    std::unique_ptr<testing::RedisServer> redis_;
    std::unique_ptr<testing::RedisCluster> cluster_;
    std::unique_ptr<testing::RedisSentinel> sentinel_;
    /// Declared last: they go before what they use.
    testing::Process postgres_;
    std::unique_ptr<testing::PgBouncer> pooler_;
    std::unique_ptr<testing::PgReplica> replica_;
    std::map<Part, std::vector<testing::Process>> processes_;
};

}  // namespace darkroom::system_test
