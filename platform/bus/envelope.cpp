#include "platform/bus/envelope.hpp"

#include "platform/json/raw.hpp"

namespace darkroom::bus {

namespace {

struct Wire {
    std::string id;
    std::optional<std::int64_t> position;
    std::string type;
    std::string source;
    Timestamp timestamp{};
    json::Object data;
    std::optional<std::string> status;
    std::optional<std::string> correlation_id;
    std::optional<std::string> user_id;
};
BOOST_DESCRIBE_STRUCT(Wire, (), (id, position, type, source, timestamp, data, status, correlation_id, user_id))

void append_member(std::string& text, std::string_view name, std::string_view value) {
    text += ",\"";
    text += name;
    text += "\":";
    text += json::serialize(json::Value(boost::json::string(value)));
}

void append(std::string& text, const Envelope& envelope) {
    text += "{\"id\":";
    text += json::serialize(json::Value(boost::json::string(envelope.id)));
    text += ",\"position\":";
    text += envelope.position > 0 ? std::to_string(envelope.position) : "null";
    append_member(text, "type", envelope.type);
    append_member(text, "source", envelope.source);
    append_member(text, "timestamp", to_rfc3339(envelope.timestamp));
    text += ",\"data\":";
    text += envelope.data;
    append_member(text, "status", envelope.status);
    append_member(text, "correlation_id", envelope.correlation_id);
    if (envelope.user_id) {
        append_member(text, "user_id", *envelope.user_id);
    } else {
        text += ",\"user_id\":null";
    }
    text += '}';
}

}  // namespace

std::string to_json(const Envelope& envelope) {
    std::string text;
    text.reserve(256 + envelope.data.size());
    append(text, envelope);
    return text;
}

std::string to_json(const std::vector<Envelope>& envelopes) {
    std::string text = "[";
    for (const auto& envelope : envelopes) {
        if (text.size() > 1) text += ',';
        append(text, envelope);
    }
    return text + ']';
}

Result<Envelope> envelope_from_json(std::string_view text) {
    auto decoded = json::decode_json<Wire>(text, json::Unknown::ignore);
    if (!decoded) return decoded.error();
    auto& wire = *decoded;
    // A key spelled with escapes is valid JSON too; nobody writes it, so it may lose its bytes but not its meaning.
    const auto raw = json::raw_member(text, "data");
    Envelope envelope;
    envelope.id = std::move(wire.id);
    envelope.position = wire.position.value_or(0);
    envelope.type = std::move(wire.type);
    envelope.source = std::move(wire.source);
    envelope.timestamp = wire.timestamp;
    envelope.data = raw ? std::string(*raw) : json::serialize(wire.data);
    if (wire.status) envelope.status = std::move(*wire.status);
    if (wire.correlation_id) envelope.correlation_id = std::move(*wire.correlation_id);
    envelope.user_id = std::move(wire.user_id);
    return envelope;
}

}  // namespace darkroom::bus
