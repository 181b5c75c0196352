#include "services/notifications/domain/frames.hpp"

#include "platform/json/described.hpp"

namespace darkroom::notifications {

namespace {

std::string error_frame(std::string_view code, std::string_view message) {
    return json::serialize(
        json::Object{{"type", "error"}, {"code", boost::json::string(code)}, {"message", boost::json::string(message)}});
}

}  // namespace

std::string connection_frame(Timestamp now) {
    return json::serialize(
        json::Object{{"type", "connection"}, {"message", "connected: notifications follow"}, {"timestamp", to_rfc3339(now)}});
}

std::string answer_to(std::string_view frame, Timestamp now) {
    const auto parsed = json::parse(frame);
    if (!parsed || !parsed->is_object()) return error_frame("malformed", "a frame is a JSON object");
    const auto* type = parsed->get_object().if_contains("type");
    if (type != nullptr && type->is_string() && type->get_string() == "ping") {
        return json::serialize(json::Object{{"type", "pong"}, {"timestamp", to_rfc3339(now)}});
    }
    return error_frame("unknown_type", "this socket understands {\"type\": \"ping\"} only");
}

}  // namespace darkroom::notifications
