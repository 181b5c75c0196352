#include "cli/commands/commands.hpp"
#include "cli/commands/log_reader.hpp"
#include "cli/event_log.hpp"
#include "cli/http_request.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <tuple>

namespace darkroom::cli {

namespace {

struct Step {
    std::string time;
    std::string service;
    std::string text;
    std::size_t order = 0;
};

/// Ids reach us from outside: what is written into a query and compared with logs must be one.
void require_id(const std::string& id) {
    const auto is_allowed = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_' || c == '-';
    };
    if (id.empty() || id.size() > 128 || !std::ranges::all_of(id, is_allowed)) {
        throw std::runtime_error("an id has up to 128 letters, digits, dots, dashes and underscores");
    }
}

std::vector<Step> steps_from_logs(const Layout& layout, const std::string& id, std::set<std::string>& correlation_ids) {
    std::vector<Step> steps;
    LogReader reader(layout.logs(), {.service = {}, .trace = id});
    const LogPrinter printer(false);
    for (const auto& line : reader.read_last(0)) {
        if (const auto known = text_of(line.fields, "correlation_id"); !known.empty()) correlation_ids.insert(known);
        steps.push_back({line.time, text_of(line.fields, "service"), printer.format(line)});
    }
    return steps;
}

std::vector<Step> steps_from_events(EventLog& log, const std::string& correlation_id) {
    std::vector<Step> steps;
    for (const auto& event : events_of(log.read("limit=1000&correlation_id=" + percent_encode(correlation_id)))) {
        const auto time = text_of(event, "timestamp");
        const auto* data = event.if_contains("data");
        const auto clock = time.size() > 23 ? time.substr(11, 12) : time;
        steps.push_back({time, text_of(event, "source"),
                         fmt::format("{} event   {:<22} {} {}", clock, text_of(event, "source"), text_of(event, "type"),
                                     data == nullptr ? "" : json::serialize(*data))});
    }
    return steps;
}

}  // namespace

int trace(const Settings& settings, const std::string& id) {
    require_id(id);
    const Layout layout(settings.home);
    // A trace id of W3C's traceparent stands in the logs, which then tell the correlation id that events carry.
    std::set<std::string> correlation_ids{id};
    auto steps = steps_from_logs(layout, id, correlation_ids);
    const auto running = supervisor_status(layout);
    if (running) {
        const SecretStore secrets(layout.secrets());
        EventLog log(*running, secrets);
        for (const auto& correlation_id : correlation_ids) {
            auto more = steps_from_events(log, correlation_id);
            std::ranges::move(more, std::back_inserter(steps));
        }
    }
    if (steps.empty()) throw std::runtime_error(fmt::format("nothing is known of {} (logs keep some 30 MB a service)", id));
    // Logs before events where both came in the same millisecond, as they were read.
    for (std::size_t i = 0; i < steps.size(); ++i) steps[i].order = i;
    std::ranges::sort(steps, {}, [](const Step& step) { return std::tie(step.time, step.order); });
    std::set<std::string> services_met;
    for (const auto& step : steps) {
        services_met.insert(step.service);
        std::cout << step.text << '\n';
    }
    std::cout << fmt::format("\n{} steps in {}, from {} to {}{}\n", steps.size(), fmt::join(services_met, ", "),
                             steps.front().time, steps.back().time, running ? "" : "; events are shown while Darkroom runs");
    return 0;
}

}  // namespace darkroom::cli
