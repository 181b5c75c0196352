// One OpenAPI document for clients from those of the services.
#pragma once

#include "platform/json/described.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::gateway {

struct ServiceDocument {
    /// "user-service"
    std::string service;
    json::Object document;
};

/// The first operation of a path and verb wins, the first component of a name too; one of the same name and other content is
/// renamed "<name>_<service>" and references follow it. Only paths for which `serves(service, path)` holds are taken: every
/// service has a /health, clients see the gateway's.
json::Object merge_openapi(const std::vector<ServiceDocument>& documents, std::string_view version,
                           const std::function<bool(std::string_view service, std::string_view path)>& serves);

}  // namespace darkroom::gateway
