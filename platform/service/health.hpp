// GET /health and what it asks.
#pragma once

#include "platform/async/io.hpp"
#include "platform/json/described.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace darkroom {

enum class HealthStatus { healthy, degraded, unhealthy };
BOOST_DESCRIBE_ENUM(HealthStatus, healthy, degraded, unhealthy)

/// The bare document of GET /health: seconds, MB (10^6 bytes resident), percent of one core since the last reading.
struct HealthReport {
    std::string service;
    HealthStatus status = HealthStatus::healthy;
    Timestamp timestamp;
    std::string version;
    double uptime = 0;
    double memory_usage = 0;
    double cpu_usage = 0;
    std::map<std::string, HealthStatus> dependencies;
};
BOOST_DESCRIBE_STRUCT(HealthReport, (), (service, status, timestamp, version, uptime, memory_usage, cpu_usage, dependencies))

/// True when it is there. May take its time: the caller sets a deadline.
using Probe = std::function<awaitable<bool>()>;

/// The overall verdict: a required dependency away is unhealthy, an optional one degraded.
struct ProbeResult {
    std::string name;
    bool required;
    bool present;
};
HealthStatus verdict(const std::vector<ProbeResult>& results);

/// CPU seconds and resident bytes of this process, from /proc/self.
struct ProcessUsage {
    double cpu_seconds = 0;
    double resident_bytes = 0;
};
ProcessUsage process_usage();

/// What a service depends on, and how it fares. Loop thread only.
class HealthChecks {
public:
    explicit HealthChecks(std::string service);

    /// Named in `dependencies`. A required one that is away makes the service unhealthy and not ready; an optional one only
    /// degraded.
    void add(std::string name, bool required, Probe probe);
    /// Asks every dependency at once, each for at most a second.
    awaitable<HealthReport> report();
    /// False from now on: the service is going down.
    void set_draining() { draining_ = true; }
    bool draining() const { return draining_; }
    double uptime_seconds() const;

private:
    struct Dependency {
        std::string name;
        bool required;
        Probe probe;
    };

    std::string service_;
    std::vector<Dependency> dependencies_;
    std::chrono::steady_clock::time_point started_;
    std::chrono::steady_clock::time_point measured_at_;
    double measured_cpu_ = 0;
    bool draining_ = false;
};

}  // namespace darkroom
