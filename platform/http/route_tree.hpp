// Path templates to values: "/users/{id}/role". Static segments win over parameters, at every level.
#pragma once

#include "platform/http/message.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::http {

/// `T` needs `empty()`. Paths are canonical (RequestHead::path). A trailing slash is another path.
template <class T>
class RouteTree {
public:
    /// The value of a template, created when new. Parameter names of one position may differ between templates.
    T& insert(std::string_view pattern) {
        Node* node = &root_;
        std::vector<std::string> names;
        for (auto segment : segments_of(pattern)) {
            const bool parameter = segment.starts_with('{') && segment.ends_with('}');
            if (parameter) names.emplace_back(segment.substr(1, segment.size() - 2));
            auto& child = parameter ? node->parameter : node->fixed[std::string(segment)];
            if (!child) child = std::make_unique<Node>();
            node = child.get();
        }
        node->names = std::move(names);
        return node->value;
    }

    /// nullptr when no template matches; `parameters` receives the names and values of the match.
    const T* find(std::string_view path, std::vector<QueryParameter>& parameters) const {
        std::vector<std::string_view> values;
        const auto segments = segments_of(path);
        const auto* node = descend(root_, segments, 0, values);
        if (node == nullptr) return nullptr;
        parameters.clear();
        for (std::size_t i = 0; i < values.size(); ++i) parameters.push_back({node->names[i], std::string(values[i])});
        return &node->value;
    }

private:
    struct Node {
        std::map<std::string, std::unique_ptr<Node>, std::less<>> fixed;
        std::unique_ptr<Node> parameter;
        std::vector<std::string> names;
        T value{};
    };

    static std::vector<std::string_view> segments_of(std::string_view path) {
        std::vector<std::string_view> segments;
        while (path.starts_with('/')) {
            path.remove_prefix(1);
            const auto end = std::min(path.find('/'), path.size());
            segments.push_back(path.substr(0, end));
            path.remove_prefix(end);
        }
        return segments;
    }

    static const Node* descend(const Node& node, const std::vector<std::string_view>& segments, std::size_t depth,
                               std::vector<std::string_view>& values) {
        if (depth == segments.size()) return node.value.empty() ? nullptr : &node;
        if (const auto found = node.fixed.find(segments[depth]); found != node.fixed.end()) {
            if (const auto* match = descend(*found->second, segments, depth + 1, values)) return match;
        }
        if (!node.parameter || segments[depth].empty()) return nullptr;
        values.push_back(segments[depth]);
        if (const auto* match = descend(*node.parameter, segments, depth + 1, values)) return match;
        values.pop_back();
        return nullptr;
    }

    Node root_;
};

}  // namespace darkroom::http
