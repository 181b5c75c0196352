// notification-service: notifications, preferences, deliveries.
#pragma once

#include "platform/service/service.hpp"
#include "services/notifications/config.hpp"

namespace darkroom::notifications {

/// What `main` runs.
ServiceDefinition service();

/// Embedded by CMake: migrations/*.sql.
std::span<const EmbeddedFile> migrations();

/// The composition root.
std::unique_ptr<Application> make_app(ServiceHost& host, const Config& config);

}  // namespace darkroom::notifications
