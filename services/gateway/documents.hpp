// What the gateway says of the whole system: the merged OpenAPI document, the AsyncAPI document and the page that shows them.
// Made once at start; immutable.
#pragma once

#include "services/gateway/domain/openapi_merge.hpp"
#include "services/gateway/domain/route_table.hpp"

#include <filesystem>
#include <string>

namespace darkroom::gateway {

/// The documents of all services that the binary carries (api/*.openapi.json).
std::vector<ServiceDocument> embedded_documents();

/// Of `documents`, what clients can reach through the gateway.
json::Object public_openapi(const std::vector<ServiceDocument>& documents, const RouteTable& routes, std::string_view version);

/// api/asyncapi.json
std::string_view asyncapi_text();

/// The page of /docs around Swagger UI, whose script and style come from /docs/….
std::string swagger_page();
/// The operations as plain HTML, for when Swagger UI is not installed.
std::string plain_page(const json::Object& openapi);
/// Starts Swagger UI. A file of its own, because script-src 'self' forbids inline scripts.
std::string_view swagger_initializer();

/// The policy for /docs. Swagger UI sets style attributes and draws its icons from data: URLs; its scripts are ours alone.
inline constexpr auto docs_content_security =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

}  // namespace darkroom::gateway
