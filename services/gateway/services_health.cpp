#include "services/gateway/services_health.hpp"

#include "platform/async/task_group.hpp"

#include <cmath>
#include <deque>

namespace darkroom::gateway {

namespace {

constexpr Milliseconds probe_deadline = 1s;

struct Answer {
    std::string service;
    http::Origin origin;
    HealthStatus status = HealthStatus::unhealthy;
    double latency_ms = 0;
    bool answered = false;
    std::optional<std::string> version{};
};

double milliseconds_since(SteadyClock::time_point start) {
    const std::chrono::duration<double, std::milli> passed = SteadyClock::now() - start;
    return std::round(passed.count() * 100) / 100;
}

void read_report(std::string_view body, Answer& answer) {
    json::Problems problems(json::Unknown::ignore);
    const auto document = json::parse(body);
    if (!document) return;
    const auto report = json::decode_value<HealthReport>(*document, problems);
    if (!report) return;
    answer.status = report->status;
    answer.version = report->version;
}

awaitable<> ask(http::Client& client, Answer& answer) {
    const auto start = SteadyClock::now();
    const http::ClientRequest request{.target = "/health", .deadline = probe_deadline};
    try {
        const auto response = co_await client.send(answer.origin, request);
        answer.answered = true;
        read_report(response.body, answer);
    } catch (const Failure&) {  // away or too slow: that is the answer
        answer.answered = false;
    }
    answer.latency_ms = milliseconds_since(start);
}

void add(ServicesHealth& services, const Answer& answer) {
    const auto [found, is_first] = services.try_emplace(answer.service);
    auto& service = found->second;
    service.instances = is_first ? 1 : service.instances + 1;
    if (answer.answered && answer.status != HealthStatus::unhealthy) ++service.instances_up;
    const bool better = answer.status < service.status;
    if (!is_first && !better) return;
    service.status = answer.status;
    service.latency_ms = answer.latency_ms;
    service.version = answer.version;
}

}  // namespace

HealthOfServices::HealthOfServices(http::Client& client, Upstreams& upstreams, HealthChecks& own)
    : client_(client), upstreams_(upstreams), own_(own) {}

awaitable<ServicesHealth> HealthOfServices::read() {
    const auto start = SteadyClock::now();
    std::deque<Answer> answers;
    TaskGroup probes(co_await net::this_coro::executor);
    for (auto& [service, upstream] : upstreams_.all()) {
        for (const auto& instance : upstream.instances()) {
            auto& answer = answers.emplace_back(Answer{service, origin_of(*instance)});
            probes.spawn("health of " + service, ask(client_, answer));
        }
    }
    // The probes write into `answers`: they must have ended before it goes.
    if (!co_await probes.drain(probe_deadline * 2)) co_await probes.stop(probe_deadline);

    ServicesHealth services;
    for (const auto& answer : answers) add(services, answer);
    const auto own = co_await own_.report();
    const bool up = own.status != HealthStatus::unhealthy;
    services["api-gateway"] = {own.status, milliseconds_since(start), 1, up ? 1 : 0, own.version};
    co_return services;
}

}  // namespace darkroom::gateway
