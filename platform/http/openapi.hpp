// OpenAPI 3.1 from the endpoint table.
#pragma once

#include "platform/http/endpoints.hpp"

namespace darkroom::http {

struct ApiInfo {
    std::string_view service;
    std::string_view title;
    std::string_view description;
    std::string_view version;
};

/// Deterministic, so that CI can compare it with the committed file. Rows with `internal` are left out.
json::Object openapi_document(const ApiInfo& info, const std::vector<Endpoint>& rows);

}  // namespace darkroom::http
