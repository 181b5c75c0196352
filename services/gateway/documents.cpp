#include "services/gateway/documents.hpp"

#include "platform/core/embedded.hpp"

#include <fmt/format.h>

namespace darkroom::gateway {

/// Made by embed_text.
std::span<const EmbeddedFile> openapi_files();
std::span<const EmbeddedFile> asyncapi_files();

namespace {

constexpr std::string_view openapi_suffix = ".openapi.json";

std::string escape_html(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

std::string text_of(const json::Object& object, std::string_view name) {
    const auto* found = object.if_contains(boost::json::string_view(name.data(), name.size()));
    return found != nullptr && found->is_string() ? std::string(json::view(found->get_string())) : std::string{};
}

std::string upper(std::string_view verb) {
    std::string text(verb);
    for (auto& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
    return text;
}

constexpr std::string_view page_head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Darkroom API</title>
)html";

}  // namespace

std::vector<ServiceDocument> embedded_documents() {
    std::vector<ServiceDocument> documents;
    for (const auto& file : openapi_files()) {
        auto service = file.name;
        service.remove_suffix(std::min(openapi_suffix.size(), service.size()));
        // A broken document is a broken build: contract tests compare each with its service's code.
        documents.push_back({std::string(service), json::parse(file.content).value().as_object()});
    }
    return documents;
}

json::Object public_openapi(const std::vector<ServiceDocument>& documents, const RouteTable& routes, std::string_view version) {
    const auto serves = [&routes](std::string_view service, std::string_view path) {
        const auto* route = routes.find(path);
        return route == nullptr ? service == "api-gateway" && !is_internal_path(path) : route->upstream == service;
    };
    return merge_openapi(documents, version, serves);
}

std::string_view asyncapi_text() {
    return asyncapi_files().front().content;
}

std::string swagger_page() {
    return std::string(page_head) + R"html(<link rel="stylesheet" href="/docs/swagger-ui.css">
<link rel="icon" type="image/png" href="/docs/favicon-32x32.png">
</head>
<body>
<div id="swagger-ui"></div>
<noscript>The <a href="/openapi.json">OpenAPI document</a> needs no script.</noscript>
<script src="/docs/swagger-ui-bundle.js"></script>
<script src="/docs/initializer.js"></script>
</body>
</html>
)html";
}

std::string_view swagger_initializer() {
    return R"js('use strict';
window.ui = SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  persistAuthorization: false,
  tryItOutEnabled: true,
  validatorUrl: null,
});
)js";
}

std::string plain_page(const json::Object& openapi) {
    std::string page(page_head);
    page += "</head>\n<body>\n<h1>Darkroom API</h1>\n";
    page += "<p><a href=\"/openapi.json\">openapi.json</a> · <a href=\"/asyncapi.json\">asyncapi.json</a></p>\n";
    page += "<p>Swagger UI is not installed here; this is the plain list of operations.</p>\n";
    page += "<table>\n<tr><th>Method</th><th>Path</th><th>What it does</th></tr>\n";
    for (const auto& path : openapi.at("paths").as_object()) {
        for (const auto& operation : path.value().as_object()) {
            if (!operation.value().is_object()) continue;
            page += fmt::format("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>\n",
                                escape_html(upper(operation.key())), escape_html(path.key()),
                                escape_html(text_of(operation.value().get_object(), "summary")));
        }
    }
    page += "</table>\n</body>\n</html>\n";
    return page;
}

}  // namespace darkroom::gateway
