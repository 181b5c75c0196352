#include "cli/event_log.hpp"

#include "cli/auth_service.hpp"
#include "cli/http_request.hpp"
#include "cli/topology.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace darkroom::cli {

namespace {

constexpr std::string_view bus = "event-bus";
constexpr Milliseconds limit = 10s;
constexpr int unauthorized = 401;

std::uint16_t port_of(const SupervisorStatus& running, std::string_view name) {
    const auto* child = running.find(name);
    if (child == nullptr) throw std::runtime_error("Darkroom is not running: ./darkroom up starts it");
    return static_cast<std::uint16_t>(child->port);
}

}  // namespace

EventLog::EventLog(const SupervisorStatus& running, const SecretStore& secrets)
    : auth_port_(port_of(running, auth)), bus_port_(port_of(running, bus)), secrets_(secrets) {}

json::Object EventLog::read(const std::string& query) {
    const auto ask = [this, &query] {
        if (token_.empty()) token_ = AuthService(auth_port_, secrets_).token_for(bus);
        const HttpRequest request{.path = "/events?" + query, .authorization = "Bearer " + token_};
        auto answer = http_exchange("127.0.0.1", bus_port_, request, limit);
        if (!answer) throw std::runtime_error("event-bus does not answer: see ./darkroom logs event-bus");
        return std::move(*answer);
    };
    auto answer = ask();
    if (answer.status == unauthorized) {
        // Tokens live for minutes only.
        token_.clear();
        answer = ask();
    }
    if (answer.status != 200) throw std::runtime_error("event-bus: " + answer.problem());
    const auto envelope = answer.parsed();
    const auto* object = envelope.if_object();
    const auto* data = object == nullptr ? nullptr : object->if_contains("data");
    return data != nullptr && data->is_object() ? data->get_object() : json::Object{};
}

std::vector<json::Object> events_of(const json::Object& page) {
    std::vector<json::Object> events;
    const auto* list = page.if_contains("events");
    if (list == nullptr || !list->is_array()) return events;
    for (const auto& event : list->get_array()) {
        if (event.is_object()) events.push_back(event.get_object());
    }
    return events;
}

}  // namespace darkroom::cli
