// An event as it travels: outbox row, bus, Redis message, HTTP answer.
#pragma once

#include "platform/json/described.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::bus {

struct Envelope {
    /// Made by the producer, so that sending again is harmless.
    std::string id;
    /// 0 until the bus has stored it; then gap-free and in commit order.
    std::int64_t position = 0;
    std::string type;
    std::string source;
    Timestamp timestamp{};
    /// A JSON object, kept byte for byte as the producer wrote it.
    std::string data = "{}";
    std::string status = "published";
    std::string correlation_id;
    /// Whose event it is; what a client without `events:read` may see.
    std::optional<std::string> user_id;

    bool operator==(const Envelope&) const = default;
};

/// Who causes an event.
struct EventContext {
    /// The service's name, "user-service".
    std::string source;
    std::string correlation_id;
    std::optional<std::string> user_id{};
};

/// {"id","position","type","source","timestamp","data","status","correlation_id","user_id"}; `position` null while 0, `data` as
/// it is.
std::string to_json(const Envelope& envelope);
/// Array of them.
std::string to_json(const std::vector<Envelope>& envelopes);
/// The inverse of `to_json`; `data` is cut out of `text` byte for byte. Unknown members are ignored.
Result<Envelope> envelope_from_json(std::string_view text);

/// A described event with `static constexpr std::string_view type` becomes a new envelope: new id, now.
template <class Event>
Envelope make_envelope(const Event& event, EventContext context) {
    Envelope envelope;
    envelope.id = new_uuid();
    envelope.type = std::string(Event::type);
    envelope.source = std::move(context.source);
    envelope.timestamp = now();
    envelope.data = json::serialize(json::encode(event));
    envelope.correlation_id = std::move(context.correlation_id);
    envelope.user_id = std::move(context.user_id);
    return envelope;
}

/// The event in `envelope.data`; members it does not know are ignored, so that events can grow.
template <class Event>
Result<Event> decode_data(const Envelope& envelope) {
    return json::decode_json<Event>(envelope.data, json::Unknown::ignore);
}

}  // namespace darkroom::bus
