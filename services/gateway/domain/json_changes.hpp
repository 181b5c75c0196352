// Fields that the configuration sets, renames or takes away in JSON bodies. What no rule names passes byte for byte: numbers
// keep their digits and members their order.
#pragma once

#include "platform/core/error.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace darkroom::gateway {

/// A path is member names joined by dots; "[]" behind a name means every element of that array: "data.users[].email".
class JsonChanges {
public:
    /// `value` is JSON text. Missing objects on the way are made; arrays are not.
    Result<void> set(std::string_view path, std::string value);
    /// A member that bears the new name already gives way.
    Result<void> rename(std::string_view path, std::string name);
    Result<void> remove(std::string_view path);

    bool empty() const { return root_ == nullptr; }
    /// Error `invalid_json` for what is no JSON text. A path that leads nowhere changes nothing.
    Result<std::string> apply(std::string_view text) const;

private:
    struct Node;
    Result<Node*> reach(std::string_view path);
    static void write_value(const Node& rules, std::string_view value, std::string& out);
    static void write_object(const Node& rules, std::string_view object, std::string& out);
    static void write_array(const Node& rules, std::string_view array, std::string& out);
    static void write_missing(const Node& rules, std::string& out);

    /// Immutable once read, and shared by the copies of a route.
    std::shared_ptr<Node> root_;
};

/// "application/json" or "application/…+json", whatever parameters follow.
bool is_json(std::string_view content_type);

}  // namespace darkroom::gateway
