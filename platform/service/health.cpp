#include "platform/service/health.hpp"

#include "platform/async/deadline.hpp"
#include "platform/async/task_group.hpp"
#include "platform/service/service.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <fstream>

namespace darkroom {

namespace {

constexpr Milliseconds probe_deadline = 1s;

double seconds_of(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double rounded(double value) {
    return std::round(value * 100) / 100;
}

awaitable<> run_probe(Probe probe, ProbeResult& result) {
    try {
        result.present = co_await with_deadline(probe_deadline, result.name, probe());
    } catch (const Failure&) {  // away or too slow: that is the answer
        result.present = false;
    }
}

}  // namespace

HealthStatus verdict(const std::vector<ProbeResult>& results) {
    auto status = HealthStatus::healthy;
    for (const auto& result : results) {
        if (result.present) continue;
        if (result.required) return HealthStatus::unhealthy;
        status = HealthStatus::degraded;
    }
    return status;
}

ProcessUsage process_usage() {
    ProcessUsage usage;
    rusage own{};
    if (::getrusage(RUSAGE_SELF, &own) == 0) usage.cpu_seconds = seconds_of(own.ru_utime) + seconds_of(own.ru_stime);
    std::ifstream statm("/proc/self/statm");
    double total = 0;
    double resident = 0;
    if (statm >> total >> resident) usage.resident_bytes = resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
    return usage;
}

HealthChecks::HealthChecks(std::string service)
    : service_(std::move(service)),
      started_(SteadyClock::now()),
      measured_at_(started_),
      measured_cpu_(process_usage().cpu_seconds) {}

void HealthChecks::add(std::string name, bool required, Probe probe) {
    dependencies_.push_back({std::move(name), required, std::move(probe)});
}

double HealthChecks::uptime_seconds() const {
    return std::chrono::duration<double>(SteadyClock::now() - started_).count();
}

awaitable<HealthReport> HealthChecks::report() {
    std::vector<ProbeResult> results;
    for (const auto& dependency : dependencies_) results.push_back({dependency.name, dependency.required, false});
    TaskGroup probes(co_await net::this_coro::executor);
    for (std::size_t i = 0; i < results.size(); ++i) {
        probes.spawn("probe " + results[i].name, run_probe(dependencies_[i].probe, results[i]));
    }
    // The probes write into `results`: they must have ended before it goes, whatever happens.
    if (!co_await probes.drain(probe_deadline * 2)) co_await probes.stop(probe_deadline);

    HealthReport report{.service = service_, .timestamp = now(), .version = std::string(version())};
    report.status = draining_ ? HealthStatus::unhealthy : verdict(results);
    report.uptime = rounded(uptime_seconds());
    for (const auto& result : results) {
        report.dependencies[result.name] = result.present ? HealthStatus::healthy : HealthStatus::unhealthy;
    }
    const auto usage = process_usage();
    const auto measured_at = SteadyClock::now();
    const std::chrono::duration<double> elapsed = measured_at - measured_at_;
    if (elapsed.count() > 0) report.cpu_usage = rounded(100 * (usage.cpu_seconds - measured_cpu_) / elapsed.count());
    report.memory_usage = rounded(usage.resident_bytes / 1e6);
    measured_at_ = measured_at;
    measured_cpu_ = usage.cpu_seconds;
    co_return report;
}

}  // namespace darkroom
