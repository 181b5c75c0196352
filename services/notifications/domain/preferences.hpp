// Which notifications a user wants, and where.
#pragma once

#include "services/notifications/domain/notification.hpp"

#include <map>
#include <span>
#include <string>
#include <vector>

namespace darkroom::notifications {

/// in_app: stored, listed and pushed. email: sent by mail; both are independent of each other.
struct Channels {
    bool in_app = true;
    bool email = true;

    bool operator==(const Channels&) const = default;
};
BOOST_DESCRIBE_STRUCT(Channels, (), (in_app, email))

/// Until its user says otherwise. Mail is for what somebody should know who is not looking: jobs are not among that.
Channels default_channels(NotificationType type);

/// A change names what it changes; what it leaves out stays.
struct ChannelsChange {
    std::optional<bool> in_app;
    std::optional<bool> email;
};
BOOST_DESCRIBE_STRUCT(ChannelsChange, (), (in_app, email))

/// By the type's name, as the API shows them.
using Preferences = std::map<std::string, Channels>;
using PreferencesChange = std::map<std::string, ChannelsChange>;

/// One row of the table; absent rows mean the default.
struct StoredPreference {
    NotificationType type{};
    bool in_app = true;
    bool email = true;

    bool operator==(const StoredPreference&) const = default;
};
BOOST_DESCRIBE_STRUCT(StoredPreference, (), (type, in_app, email))

/// Every type, with its default where nothing is stored.
Preferences complete(std::span<const StoredPreference> stored);

/// The rows to store after `change`; refuses types that do not exist, all at once.
Result<std::vector<StoredPreference>> rows_after(const PreferencesChange& change, const Preferences& current);

}  // namespace darkroom::notifications
