// The whole of Darkroom as real processes, privately: six services, PostgreSQL and Redis on free ports and sockets of their
// own. They die with the test program, whatever it dies of.
#pragma once

#include "platform/testing/process.hpp"
#include "platform/testing/servers.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::system_test {

enum class Part { gateway, events, images, users, auth, notifications, redis, postgres };

inline constexpr std::array services{Part::auth, Part::events, Part::users, Part::images, Part::notifications, Part::gateway};

/// "image-service"; "redis" and "postgres" for those.
std::string_view name_of(Part part);

class System {
public:
    /// The one system of the test program, ready, with everything running. Started at the first use.
    static System& instance();

    /// `extra` is added to each service's environment.
    explicit System(std::vector<std::string> extra = {});
    ~System();
    System(const System&) = delete;
    System& operator=(const System&) = delete;

    std::uint16_t port(Part service) const { return ports_.at(service); }
    /// SIGKILL.
    void kill(Part part);
    /// After `kill`, on the same port and data. Returns once the process runs, not once it is ready.
    void start(Part part);
    /// Blocks until GET /health/ready says 200.
    void wait_ready(Part service) const;
    void wait_all_ready() const;

    /// First column of the first row, as the superuser.
    std::string query(const std::string& sql) const;
    /// Where the image service keeps its files.
    std::string data_directory() const { return directory_.path() + "/images"; }
    /// Where mail goes: one .eml file each.
    std::string mail_directory() const { return directory_.path() + "/mail"; }
    /// PEM of the key that signs access tokens.
    std::string signing_key_file() const { return directory_.path() + "/signing-key.pem"; }
    const std::string& service_secret() const { return secret_; }
    /// The last lines of every log, for a failed test's output.
    std::string log_tails(std::size_t bytes = 4'000) const;

private:
    void make_database();
    void start_postgres();
    void start_service(Part service);
    void migrate(Part service);
    std::vector<std::string> environment_of(Part service) const;
    std::string database_url(std::string_view role) const;
    std::string url(Part service) const;
    std::string log_of(std::string_view name) const { return log_directory_ + '/' + std::string(name) + ".log"; }

    testing::TemporaryDirectory directory_{"system"};
    /// DARKROOM_TEST_LOGS names a directory that outlives the test.
    std::string log_directory_;
    std::vector<std::string> extra_;
    std::string secret_;
    std::map<Part, std::uint16_t> ports_;
    std::unique_ptr<testing::RedisServer> redis_;
    /// Declared last: they go before what they use.
    testing::Process postgres_;
    std::map<Part, testing::Process> processes_;
};

}  // namespace darkroom::system_test
