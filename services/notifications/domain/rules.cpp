#include "services/notifications/domain/rules.hpp"

#include "events/image_processing_completed.hpp"
#include "events/image_processing_failed.hpp"
#include "events/user_created.hpp"
#include "events/user_updated.hpp"

#include <algorithm>
#include <array>

namespace darkroom::notifications {

namespace {

using MaybeDraft = std::optional<Draft>;

/// "gaussian_blur" as people say it.
std::string spoken(std::string_view name) {
    std::string text(name);
    std::ranges::replace(text, '_', ' ');
    return text;
}

MaybeDraft welcome(const events::UserCreated& event) {
    return Draft{NotificationType::welcome,
                 "Welcome to Darkroom",
                 "Hello " + event.username + ", your account is ready. Upload a photo to begin.",
                 {{"username", event.username}}};
}

MaybeDraft role_changed(const events::UserUpdated& event) {
    if (std::ranges::find(event.updated_fields, "role") == event.updated_fields.end()) return std::nullopt;
    return Draft{NotificationType::role_changed,
                 "Your role has changed",
                 "Your account now has the role " + event.role + ".",
                 {{"role", event.role}}};
}

MaybeDraft processing_completed(const events::ImageProcessingCompleted& event) {
    return Draft{NotificationType::image_processing_completed,
                 "Your image is ready",
                 "The result of " + spoken(event.transformation_type) + " can be downloaded now.",
                 {{"processing_id", event.processing_id},
                  {"upload_id", event.upload_id},
                  {"transformation_type", event.transformation_type},
                  {"processing_time_ms", json::encode(event.processing_time_ms)}}};
}

MaybeDraft processing_failed(const events::ImageProcessingFailed& event) {
    const auto reason = event.error.value_or("it could not be processed");
    return Draft{NotificationType::image_processing_failed,
                 "Your image could not be processed",
                 spoken(event.transformation_type) + " failed: " + reason,
                 {{"processing_id", event.processing_id},
                  {"upload_id", event.upload_id},
                  {"transformation_type", event.transformation_type},
                  {"error", reason}}};
}

template <class Event, MaybeDraft (*Build)(const Event&)>
constexpr Rule rule() {
    constexpr auto draft = [](std::string_view data) -> Result<MaybeDraft> {
        const auto event = json::decode_json<Event>(data, json::Unknown::ignore);
        if (!event) return event.error();
        return Build(*event);
    };
    return {Event::type, draft};
}

constexpr std::array table{
    rule<events::UserCreated, &welcome>(),
    rule<events::UserUpdated, &role_changed>(),
    rule<events::ImageProcessingCompleted, &processing_completed>(),
    rule<events::ImageProcessingFailed, &processing_failed>(),
};

}  // namespace

std::span<const Rule> rules() {
    return table;
}

}  // namespace darkroom::notifications
