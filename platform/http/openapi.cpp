#include "platform/http/openapi.hpp"

#include "platform/http/paging.hpp"

#include <set>

namespace darkroom::http {

namespace {

json::Object reference(std::string_view name) {
    return {{"$ref", "#/components/schemas/" + std::string(name)}};
}

json::Object content(std::string_view type, json::Object schema) {
    json::Object media{{"schema", std::move(schema)}};
    json::Object object;
    object.emplace(boost::json::string_view(type.data(), type.size()), std::move(media));
    return object;
}

/// The success envelope around `data`.
json::Object enveloped(json::Object data) {
    json::Object properties{{"success", {{"type", "boolean"}}},
                            {"message", {{"type", "string"}}},
                            {"data", data.empty() ? json::Object{{"type", "null"}} : std::move(data)},
                            {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
                            {"correlation_id", {{"type", "string"}}}};
    return {{"type", "object"},
            {"properties", std::move(properties)},
            {"required", {"success", "message", "data", "timestamp", "correlation_id"}}};
}

json::Object problem_schema() {
    json::Object field_error{{"type", "object"},
                             {"properties", {{"field", {{"type", "string"}}}, {"message", {{"type", "string"}}}}},
                             {"required", {"field", "message"}}};
    json::Object properties{{"type", {{"type", "string"}}},
                            {"title", {{"type", "string"}}},
                            {"status", {{"type", "integer"}}},
                            {"detail", {{"type", "string"}}},
                            {"code", {{"type", "string"}}},
                            {"success", {{"type", "boolean"}}},
                            {"message", {{"type", "string"}}},
                            {"correlation_id", {{"type", "string"}}},
                            {"timestamp", {{"type", "string"}, {"format", "date-time"}}},
                            {"errors", {{"type", "array"}, {"items", std::move(field_error)}}}};
    return {{"type", "object"},
            {"description", "RFC 9457 problem details."},
            {"properties", std::move(properties)},
            {"required", {"type", "title", "status", "detail", "success", "message", "correlation_id"}}};
}

void add_parameters(json::Array& parameters, const json::Object& schema, std::string_view place) {
    const auto* properties = schema.if_contains("properties");
    if (properties == nullptr) return;
    std::set<std::string_view> required;
    if (const auto* names = schema.if_contains("required")) {
        for (const auto& name : names->as_array()) required.insert(json::view(name.as_string()));
    }
    for (const auto& property : properties->as_object()) {
        parameters.push_back({{"name", property.key()},
                              {"in", boost::json::string(place)},
                              {"required", required.contains(std::string_view(property.key()))},
                              {"schema", property.value()}});
    }
}

/// "get_users_id_role": stable and unique, since verb and path are.
std::string operation_id(const Endpoint& row) {
    std::string id(verb_text(row.verb));
    for (auto& c : id) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    for (const char c : row.path) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (plain) {
            id += c;
        } else if (id.back() != '_') {
            id += '_';
        }
    }
    while (id.ends_with('_')) id.pop_back();
    return id;
}

json::Object response_of(const Endpoint& row, const Description& description) {
    if (row.handle_socket != nullptr) {
        return {{"101", {{"description", "Switching Protocols: a WebSocket (RFC 6455) follows."}}}};
    }
    json::Object success{{"description", "Success."}};
    if (description.enveloped) {
        success.emplace("content", content("application/json", enveloped(description.response_schema)));
    } else if (!description.response_schema.empty()) {
        success.emplace("content", content("application/json", description.response_schema));
    } else {
        const bool binary = !row.options.response_type.starts_with("application/json");
        auto schema = binary ? json::Object{} : json::Object{{"type", "object"}};
        success.emplace("content", content(row.options.response_type, std::move(schema)));
    }
    return {{"200", std::move(success)}};
}

json::Object problem_response(std::string_view description) {
    return {{"description", boost::json::string(description)},
            {"content", content("application/problem+json", reference("Problem"))}};
}

json::Object operation_of(const Endpoint& row, std::string_view tag) {
    const auto description = row.describe();
    json::Object operation{{"operationId", operation_id(row)},
                           {"summary", boost::json::string(row.summary)},
                           {"tags", {boost::json::string(tag)}}};
    json::Array parameters;
    add_parameters(parameters, description.path_schema, "path");
    add_parameters(parameters, description.query_schema, "query");
    if (!parameters.empty()) operation.emplace("parameters", std::move(parameters));
    if (!description.body_schema.empty()) {
        operation.emplace("requestBody", json::Object{{"required", true},
                                                      {"content", content(description.body_type, description.body_schema)}});
    } else if (!row.options.request_type.empty()) {
        json::Object file{{"type", "object"},
                          {"properties", {{"file", {{"type", "string"}, {"contentMediaType", "application/octet-stream"}}}}},
                          {"required", {"file"}}};
        operation.emplace("requestBody",
                          json::Object{{"required", true}, {"content", content(row.options.request_type, std::move(file))}});
    }
    auto responses = response_of(row, description);
    if (row.access.needs_token()) {
        responses.emplace("401", problem_response("No or bad credentials."));
        if (row.access.level() != auth::Access::Level::signed_in) responses.emplace("403", problem_response("Not allowed."));
        json::Array scopes;
        const auto permission = row.access.permission_name();
        if (!permission.empty()) scopes.push_back(boost::json::string(permission));
        json::Array security{json::Object{{"bearer", scopes}}};
        // OpenAPI 3.1 lets an API key have roles too: the scopes that it needs.
        if (!row.access.needs_session()) security.push_back(json::Object{{"api_key", scopes}});
        operation.emplace("security", std::move(security));
    } else {
        operation.emplace("security", json::Array{});
    }
    responses.emplace("default", problem_response("Any other refusal."));
    operation.emplace("responses", std::move(responses));
    return operation;
}

}  // namespace

json::Object openapi_document(const ApiInfo& info, const std::vector<Endpoint>& rows) {
    json::Object paths;
    for (const auto& row : rows) {
        if (row.options.internal) continue;
        const boost::json::string_view path(row.path.data(), row.path.size());
        auto* item = paths.if_contains(path);
        if (item == nullptr) item = &paths.emplace(path, json::Object{}).first->value();
        std::string verb(verb_text(row.verb));
        for (auto& c : verb) c = static_cast<char>(c + 32);
        item->as_object().emplace(verb, operation_of(row, info.service));
    }
    json::Object api_key{{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}};
    json::Object bearer{{"type", "http"}, {"scheme", "bearer"}, {"bearerFormat", "JWT"}};
    return {{"openapi", "3.1.0"},
            {"info",
             {{"title", boost::json::string(info.title)},
              {"description", boost::json::string(info.description)},
              {"version", boost::json::string(info.version)}}},
            {"paths", std::move(paths)},
            {"components",
             {{"schemas", {{"Problem", problem_schema()}}},
              {"securitySchemes", {{"bearer", std::move(bearer)}, {"api_key", std::move(api_key)}}}}}};
}

}  // namespace darkroom::http
