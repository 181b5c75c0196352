#include "services/event_bus/cloud_events.hpp"

#include "platform/http/message.hpp"

#include <fmt/format.h>

namespace darkroom::event_bus {

namespace {

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

/// "q=0", "q=0.0": not acceptable (RFC 9110, section 12.4.2).
bool is_refused(std::string_view parameters) {
    const auto at = parameters.find("q=");
    if (at == std::string_view::npos) return false;
    const auto weight = parameters.substr(at + 2);
    return weight.starts_with('0') && weight.find_first_of("123456789") == std::string_view::npos;
}

}  // namespace

bool wants_cloud_events(std::string_view accept) {
    while (!accept.empty()) {
        const auto comma = accept.find(',');
        const auto range = accept.substr(0, comma);
        accept.remove_prefix(comma == std::string_view::npos ? accept.size() : comma + 1);
        const auto semicolon = range.find(';');
        const auto type = trimmed(range.substr(0, semicolon));
        const bool ours =
            http::equal_ignoring_case(type, cloud_event_type) || http::equal_ignoring_case(type, cloud_batch_type);
        if (ours && (semicolon == std::string_view::npos || !is_refused(range.substr(semicolon)))) return true;
    }
    return false;
}

std::string to_cloud_event(const bus::Envelope& event) {
    json::Object object{{"specversion", "1.0"},
                        {"id", event.id},
                        {"source", event.source},
                        {"type", event.type},
                        {"time", to_rfc3339(event.timestamp)},
                        {"datacontenttype", "application/json"},
                        {"sequence", fmt::format("{:020}", event.position)},
                        {"position", event.position},
                        {"status", event.status},
                        {"correlationid", event.correlation_id}};
    // An attribute that has no value is left out, never null.
    if (event.user_id) object.emplace("userid", *event.user_id);
    auto text = json::serialize(object);
    text.pop_back();
    return text + R"(,"data":)" + event.data + '}';
}

std::string to_cloud_batch(const std::vector<bus::Envelope>& events) {
    std::string text = "[";
    for (const auto& event : events) {
        if (text.size() > 1) text += ',';
        text += to_cloud_event(event);
    }
    return text + ']';
}

}  // namespace darkroom::event_bus
