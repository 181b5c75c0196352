// image-service: uploads, and what is done to them.
#pragma once

#include "platform/service/service.hpp"
#include "services/images/config.hpp"

namespace darkroom::images {

/// What `main` runs.
ServiceDefinition service();

/// Embedded by CMake: migrations/*.sql.
std::span<const EmbeddedFile> migrations();

/// The composition root.
std::unique_ptr<Application> make_app(ServiceHost& host, const Config& config);

}  // namespace darkroom::images
