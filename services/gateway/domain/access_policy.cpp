#include "services/gateway/domain/access_policy.hpp"

#include <algorithm>
#include <array>

namespace darkroom::gateway {

namespace {

constexpr std::array<std::string_view, 8> verbs{"get", "head", "post", "put", "patch", "delete", "options", "trace"};

/// OpenAPI: an empty list, or an empty requirement among others, means that no credentials are needed.
bool needs_token(const json::Object& operation, const json::Value* inherited) {
    const auto* security = operation.if_contains("security");
    if (security == nullptr) security = inherited;
    if (security == nullptr || !security->is_array() || security->get_array().empty()) return false;
    const auto is_empty = [](const json::Value& requirement) {
        return requirement.is_object() && requirement.get_object().empty();
    };
    return std::ranges::none_of(security->get_array(), is_empty);
}

std::string lower(std::string_view method) {
    std::string text(method);
    for (auto& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return text;
}

}  // namespace

AccessPolicy::AccessPolicy(const json::Object& openapi) {
    const auto* inherited = openapi.if_contains("security");
    const auto* paths = openapi.if_contains("paths");
    if (paths == nullptr || !paths->is_object()) return;
    for (const auto& path : paths->get_object()) {
        if (!path.value().is_object()) continue;
        const std::string_view pattern = path.key();
        for (const auto& operation : path.value().get_object()) {
            const std::string_view verb = operation.key();
            if (std::ranges::find(verbs, verb) == verbs.end() || !operation.value().is_object()) continue;
            auto& operations = tree_.insert(pattern);
            operations.route = std::string(pattern);
            operations.verbs.emplace(verb, needs_token(operation.value().get_object(), inherited));
        }
    }
}

AccessPolicy::Found AccessPolicy::find(std::string_view method, std::string_view path) const {
    std::vector<http::QueryParameter> parameters;
    const auto* operations = tree_.find(path, parameters);
    if (operations == nullptr) return {};
    const auto verb = method == "HEAD" ? std::string("get") : lower(method);
    if (const auto found = operations->verbs.find(verb); found != operations->verbs.end()) {
        return {operations->route, found->second};
    }
    // OPTIONS asks what there is; it is answered without a caller.
    if (method == "OPTIONS") return {operations->route, false};
    const bool all = std::ranges::all_of(operations->verbs, [](const auto& entry) { return entry.second; });
    return {operations->route, all};
}

}  // namespace darkroom::gateway
