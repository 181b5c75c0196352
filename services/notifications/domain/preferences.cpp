#include "services/notifications/domain/preferences.hpp"

namespace darkroom::notifications {

Channels default_channels(NotificationType type) {
    switch (type) {
        case NotificationType::image_processing_completed:
        case NotificationType::image_processing_failed: return {.in_app = true, .email = false};
        case NotificationType::welcome:
        case NotificationType::login:
        case NotificationType::quota_warning:
        case NotificationType::role_changed:
        case NotificationType::broadcast: return {.in_app = true, .email = true};
    }
    return {};
}

Preferences complete(std::span<const StoredPreference> stored) {
    Preferences all;
    for (const auto name : json::enum_names<NotificationType>())
        all.emplace(name, default_channels(*json::enum_from<NotificationType>(name)));
    for (const auto& row : stored) all[std::string(json::enum_text(row.type))] = {row.in_app, row.email};
    return all;
}

Result<std::vector<StoredPreference>> rows_after(const PreferencesChange& change, const Preferences& current) {
    std::vector<StoredPreference> rows;
    std::vector<FieldError> problems;
    for (const auto& [name, wanted] : change) {
        const auto type = json::enum_from<NotificationType>(name);
        if (!type) {
            problems.push_back({name, "is not a notification type"});
            continue;
        }
        const auto before = current.at(name);
        rows.push_back({*type, wanted.in_app.value_or(before.in_app), wanted.email.value_or(before.email)});
    }
    if (!problems.empty()) return invalid_fields(std::move(problems));
    return rows;
}

}  // namespace darkroom::notifications
