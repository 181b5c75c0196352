#include "services/event_bus/published_events.hpp"

#include "platform/json/raw.hpp"
#include "services/event_bus/domain/event_type.hpp"

namespace darkroom::event_bus {

namespace {

constexpr std::size_t max_events = 1000;
constexpr std::size_t max_data_bytes = 64 * 1024;
constexpr std::size_t max_name_length = 128;

/// `position`, `status` and `consumers` are the bus's to give; they are accepted, so that an event can be sent as it was read,
/// and ignored.
struct PublishItem {
    std::optional<EventId> id;
    EventType type;
    json::Object data;
    std::optional<std::string> source;
    std::optional<Timestamp> timestamp;
    std::optional<UserId> user_id;
    std::optional<std::string> correlation_id;
    std::optional<std::int64_t> position;
    std::optional<std::string> status;
    std::optional<json::Value> consumers;
};
BOOST_DESCRIBE_STRUCT(PublishItem, (),
                      (id, type, data, source, timestamp, user_id, correlation_id, position, status, consumers))

bool is_name(const std::string& text) {
    return !text.empty() && text.size() <= max_name_length &&
           std::ranges::all_of(text, [](unsigned char c) { return c > ' ' && c < 0x7f; });
}

std::optional<bus::Envelope> decode_item(const json::Value& value, std::string_view text, const PublishContext& context,
                                         json::Problems& problems) {
    auto item = json::decode_value<PublishItem>(value, problems);
    if (!item) return std::nullopt;
    const auto data = json::raw_member(text, "data").value_or("{}");
    if (data.size() > max_data_bytes) {
        const json::Problems::Step step(problems, "data");
        problems.add("must be at most 65536 bytes");
    }
    if (item->source && !is_name(*item->source)) {
        const json::Problems::Step step(problems, "source");
        problems.add("must be 1 to 128 printable characters without spaces");
    }
    if (item->correlation_id && CorrelationId::accept_or_create(*item->correlation_id).text() != *item->correlation_id) {
        const json::Problems::Step step(problems, "correlation_id");
        problems.add("must be 1 to 128 characters of [A-Za-z0-9._-]");
    }
    const bool by_service = context.caller.is_service();
    bus::Envelope event;
    event.id = item->id ? item->id->text() : new_uuid();
    event.type = item->type.text();
    event.source = by_service ? item->source.value_or(context.caller.service) : "user:" + context.caller.user_id.text();
    event.timestamp = by_service && item->timestamp ? *item->timestamp : now();
    event.data = std::string(data);
    event.correlation_id = item->correlation_id.value_or(context.correlation_id);
    if (item->user_id) event.user_id = item->user_id->text();
    return event;
}

}  // namespace

Result<PublishedEvents> parse_published(std::string_view body, const PublishContext& context) {
    auto value = json::parse(body);
    if (!value) return value.error();
    json::Problems problems(json::Unknown::refuse);
    PublishedEvents published;
    if (const auto* array = value->if_array()) {
        published.many = true;
        if (array->size() > max_events) return invalid_field("", "at most 1000 events at once");
        const auto texts = json::raw_elements(body);
        for (std::size_t i = 0; i < array->size(); ++i) {
            const json::Problems::Step step(problems, i);
            if (auto event = decode_item((*array)[i], texts[i], context, problems))
                published.events.push_back(std::move(*event));
        }
    } else if (auto event = decode_item(*value, body, context, problems)) {
        published.events.push_back(std::move(*event));
    }
    if (!problems.empty()) return invalid_fields(problems.take());
    return published;
}

}  // namespace darkroom::event_bus
