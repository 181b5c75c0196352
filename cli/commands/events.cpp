#include "cli/commands/commands.hpp"
#include "cli/event_log.hpp"
#include "cli/http_request.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <iostream>

namespace darkroom::cli {

namespace {

std::int64_t position_of(const json::Object& event) {
    const auto* value = event.if_contains("position");
    return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

void print(const json::Object& event, bool as_json) {
    if (as_json) {
        std::cout << json::serialize(event) << '\n';
        return;
    }
    const auto* data = event.if_contains("data");
    const auto time = text_of(event, "timestamp");
    std::cout << fmt::format("{:>8}  {}  {:<30} {:<22} {}\n", position_of(event), time.size() > 23 ? time.substr(11, 12) : time,
                             text_of(event, "type"), text_of(event, "source"), data == nullptr ? "" : json::serialize(*data));
}

}  // namespace

int events_tail(const Settings& settings, const TailOptions& options) {
    const Layout layout(settings.home);
    const SecretStore secrets(layout.secrets());
    const auto running = supervisor_status(layout);
    if (!running) throw std::runtime_error("Darkroom is not running: ./darkroom up starts it");
    EventLog log(*running, secrets);
    std::string filter;
    if (!options.type.empty()) filter += "&event_type=" + percent_encode(options.type);
    if (!options.user_id.empty()) filter += "&user_id=" + percent_encode(options.user_id);
    // Newest first; the newest one's position is where we go on even if none is wanted.
    auto past = events_of(log.read(fmt::format("limit={}{}", std::max(options.lines, 1), filter)));
    std::int64_t last = past.empty() ? 0 : position_of(past.front());
    if (options.lines == 0) past.clear();
    for (auto event = past.rbegin(); event != past.rend(); ++event) print(*event, options.json);
    while (!options.no_follow && std::cout.flush()) {
        ::usleep(250'000);
        const auto more = events_of(log.read(fmt::format("after={}&limit=1000{}", last, filter)));
        for (const auto& event : more) print(event, options.json);
        if (!more.empty()) last = position_of(more.back());
    }
    return 0;
}

}  // namespace darkroom::cli
