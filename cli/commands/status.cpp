#include "cli/commands/commands.hpp"
#include "cli/database.hpp"
#include "cli/http_request.hpp"
#include "cli/process.hpp"
#include "cli/redis.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <future>
#include <iostream>

namespace darkroom::cli {

namespace {

constexpr Milliseconds probe_limit = 2s;

struct ServiceState {
    std::string name;
    std::int64_t pid = 0;
    int port = 0;
    /// healthy, degraded, unhealthy (as the service says), starting, stopped, or external for a server that is given.
    std::string status = "stopped";
    std::int64_t restarts = 0;
    std::int64_t rss_bytes = 0;
};
BOOST_DESCRIBE_STRUCT(ServiceState, (), (name, pid, port, status, restarts, rss_bytes))

struct SystemState {
    std::string gateway;
    std::vector<ServiceState> services;
};
BOOST_DESCRIBE_STRUCT(SystemState, (), (gateway, services))

/// "http://127.0.0.1:8000" → "127.0.0.1", "http://[::1]:8000" → "::1".
std::string host_of(std::string_view url) {
    url.remove_prefix(url.find("://") + std::string_view("://").size());
    if (url.starts_with('[')) return std::string(url.substr(1, url.find(']') - 1));
    return std::string(url.substr(0, url.rfind(':')));
}

/// Knows how to ask each process whether it is well.
class Look {
public:
    Look(const Settings& settings, std::optional<SupervisorStatus> running)
        : settings_(settings), layout_(settings.home), running_(std::move(running)) {}

    SystemState take() const {
        SystemState system{.gateway = running_ ? running_->facts.gateway : settings_.gateway_url(), .services = {}};
        // At the same time: one that hangs must not make eight waits out of one.
        std::vector<std::future<ServiceState>> probes;
        const auto add = [&](std::string_view name, int port) {
            probes.push_back(
                std::async(std::launch::async, [this, name = std::string(name), port] { return state_of(name, port); }));
        };
        for (const auto& service : services) add(service.name, settings_.port_of(service.name));
        add(postgres, postgres_port + settings_.port_offset);
        add(redis, redis_port + settings_.port_offset);
        // The admin UIs, where they were asked for.
        for (const auto& child : running_ ? running_->children : std::vector<ChildStatus>{}) {
            if (child.name == redis_commander || child.name == pgadmin) add(child.name, child.port);
        }
        for (auto& probe : probes) system.services.push_back(probe.get());
        ServiceState own{.name = std::string(supervisor)};
        if (running_) {
            own.pid = running_->pid;
            own.status = "healthy";
            // Its children are listed themselves.
            own.rss_bytes = own_resident_bytes(static_cast<pid_t>(running_->pid));
        }
        system.services.push_back(std::move(own));
        return system;
    }

private:
    ServiceState state_of(std::string_view name, int port) const {
        ServiceState state{.name = std::string(name), .port = port};
        const auto* child = running_ ? running_->find(name) : nullptr;
        if (child == nullptr) {
            if (running_) state.status = "external";
            return state;
        }
        state.pid = child->pid;
        state.port = child->port;
        state.restarts = child->restarts;
        if (child->state == ChildState::waiting) state.status = "unhealthy";
        if (child->state != ChildState::running) return state;
        state.rss_bytes = resident_bytes(static_cast<pid_t>(child->pid));
        state.status = health_of(*child);
        return state;
    }

    std::string health_of(const ChildStatus& child) const {
        const auto port = static_cast<std::uint16_t>(child.port);
        if (child.name == postgres) {
            const auto url = fmt::format("postgresql:///postgres?host={}&port={}",
                                         percent_encode(layout_.postgres_sockets().string()), port);
            return database_answers(url, 0ms) ? "healthy" : "starting";
        }
        if (child.name == redis) {
            const SecretStore secrets(layout_.secrets());
            return PrivateRedis(layout_, port, true, secrets.get_or_create("redis")).answers() ? "healthy" : "starting";
        }
        if (child.name == redis_commander || child.name == pgadmin) {
            const auto* page = child.name == pgadmin ? "/misc/ping" : "/";
            return http_exchange("127.0.0.1", port, {.path = page}, probe_limit) ? "healthy" : "starting";
        }
        const auto host = child.name == gateway ? host_of(running_->facts.gateway) : std::string("127.0.0.1");
        const auto answer = http_exchange(host, port, {.path = "/health"}, probe_limit);
        if (!answer) return child.uptime_milliseconds < 5000 ? "starting" : "unhealthy";
        const auto body = answer->parsed();
        const auto* status = body.is_object() ? body.get_object().if_contains("status") : nullptr;
        return status != nullptr && status->is_string() ? std::string(json::view(status->get_string())) : "unhealthy";
    }

    const Settings& settings_;
    Layout layout_;
    std::optional<SupervisorStatus> running_;
};

void print_table(const SystemState& system) {
    std::cout << fmt::format("{:<22}{:<11}{:>8}{:>7}{:>10}{:>9}\n", "service", "status", "pid", "port", "restarts", "memory");
    for (const auto& service : system.services) {
        const auto number = [](std::int64_t value) { return value == 0 ? std::string("-") : std::to_string(value); };
        std::cout << fmt::format("{:<22}{:<11}{:>8}{:>7}{:>10}{:>6} MB\n", service.name, service.status, number(service.pid),
                                 number(service.port), service.restarts, service.rss_bytes / 1000 / 1000);
    }
    std::cout << fmt::format("\ngateway {}\n", system.gateway);
}

}  // namespace

int status(const Settings& settings, const StatusOptions& options) {
    const auto running = supervisor_status(Layout(settings.home));
    const auto system = Look(settings, running).take();
    if (options.json) {
        std::cout << json::pretty(json::encode(system));
    } else if (running) {
        print_table(system);
    } else {
        std::cout << "Darkroom is not running: ./darkroom up starts it.\n";
    }
    return running ? 0 : 1;
}

}  // namespace darkroom::cli
