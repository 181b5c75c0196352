#include "services/gateway/domain/openapi_merge.hpp"

#include <fmt/format.h>

#include <map>

namespace darkroom::gateway {

namespace {

constexpr std::string_view component_reference = "#/components/";

boost::json::string_view key_of(std::string_view text) {
    return {text.data(), text.size()};
}

json::Object& member(json::Object& object, std::string_view name) {
    auto* found = object.if_contains(key_of(name));
    if (found == nullptr) found = &object.emplace(key_of(name), json::Object{}).first->value();
    return found->as_object();
}

/// Old reference to new one.
using Renames = std::map<std::string, std::string, std::less<>>;

void follow(json::Value& value, const Renames& renames) {
    if (auto* array = value.if_array()) {
        for (auto& element : *array) follow(element, renames);
        return;
    }
    auto* object = value.if_object();
    if (object == nullptr) return;
    for (auto& entry : *object) {
        if (entry.key() == "$ref" && entry.value().is_string()) {
            const auto renamed = renames.find(json::view(entry.value().get_string()));
            if (renamed != renames.end()) entry.value() = renamed->second;
        } else {
            follow(entry.value(), renames);
        }
    }
}

/// Which components of `added` must get another name because the merged document has a different one of that name.
Renames clashes(const json::Object& merged, const json::Object& added, std::string_view service) {
    Renames renames;
    for (const auto& section : added) {
        const auto* known = merged.if_contains(section.key());
        if (known == nullptr || !section.value().is_object()) continue;
        for (const auto& component : section.value().get_object()) {
            const auto* other = known->as_object().if_contains(component.key());
            if (other == nullptr || *other == component.value()) continue;
            const auto reference =
                fmt::format("{}{}/{}", component_reference, std::string_view(section.key()), std::string_view(component.key()));
            renames.emplace(reference, fmt::format("{}_{}", reference, service));
        }
    }
    return renames;
}

void add_components(json::Object& merged, const json::Object& added, const Renames& renames) {
    for (const auto& section : added) {
        if (!section.value().is_object()) continue;
        auto& target = member(merged, section.key());
        for (const auto& component : section.value().get_object()) {
            const auto reference =
                fmt::format("{}{}/{}", component_reference, std::string_view(section.key()), std::string_view(component.key()));
            const auto renamed = renames.find(reference);
            std::string name(component.key());
            if (renamed != renames.end()) name = renamed->second.substr(renamed->second.rfind('/') + 1);
            auto value = component.value();
            follow(value, renames);
            target.emplace(name, std::move(value));
        }
    }
}

void add_path(json::Object& paths, const boost::json::key_value_pair& path, const Renames& renames) {
    if (!path.value().is_object()) return;
    auto& item = member(paths, path.key());
    for (const auto& operation : path.value().get_object()) {
        auto value = operation.value();
        follow(value, renames);
        item.emplace(operation.key(), std::move(value));
    }
}

}  // namespace

json::Object merge_openapi(const std::vector<ServiceDocument>& documents, std::string_view version,
                           const std::function<bool(std::string_view, std::string_view)>& serves) {
    json::Object paths;
    json::Object components;
    json::Array tags;
    for (const auto& [service, document] : documents) {
        const auto* own_components = document.if_contains("components");
        Renames renames;
        if (own_components != nullptr && own_components->is_object()) {
            renames = clashes(components, own_components->get_object(), service);
            add_components(components, own_components->get_object(), renames);
        }
        bool is_used = false;
        if (const auto* own_paths = document.if_contains("paths"); own_paths != nullptr && own_paths->is_object()) {
            for (const auto& path : own_paths->get_object()) {
                if (!serves(service, path.key())) continue;
                add_path(paths, path, renames);
                is_used = true;
            }
        }
        if (!is_used) continue;
        json::Object tag{{"name", service}};
        if (const auto* info = document.if_contains("info"); info != nullptr && info->is_object()) {
            if (const auto* text = info->get_object().if_contains("description")) tag.emplace("description", *text);
        }
        tags.push_back(std::move(tag));
    }
    return {
        {"openapi", "3.1.0"},
        {"info",
         {{"title", "Darkroom"},
          {"description", "A self-hosted, event-driven image platform: accounts, image processing, notifications and events."},
          {"version", boost::json::string(version)}}},
        {"servers", json::Array{json::Object{{"url", "/"}}}},
        {"tags", std::move(tags)},
        {"paths", std::move(paths)},
        {"components", std::move(components)}};
}

}  // namespace darkroom::gateway
