#include "services/gateway/domain/json_changes.hpp"

#include "platform/http/message.hpp"
#include "platform/json/described.hpp"
#include "platform/json/raw.hpp"

#include <algorithm>

namespace darkroom::gateway {

/// The rules as a tree of paths.
struct JsonChanges::Node {
    std::map<std::string, std::unique_ptr<Node>, std::less<>> members;
    std::unique_ptr<Node> elements;
    /// JSON text.
    std::optional<std::string> value;
    std::optional<std::string> new_name;
    bool is_removed = false;

    /// Whether there is something to write where nothing is yet.
    bool sets_something() const {
        const auto sets = [](const auto& entry) { return entry.second->sets_something(); };
        return value.has_value() || std::ranges::any_of(members, sets);
    }
};

namespace {

constexpr std::string_view each_element = "[]";

std::string quoted_name(std::string_view name) {
    return json::serialize(json::Value(boost::json::string_view(name.data(), name.size())));
}

/// The name that a key stands for; most are spelled without escapes.
std::string name_of(std::string_view key) {
    const auto inside = key.substr(1, key.size() - 2);
    if (inside.find('\\') == std::string_view::npos) return std::string(inside);
    return std::string(json::view(json::parse(key).value().as_string()));
}

}  // namespace

Result<JsonChanges::Node*> JsonChanges::reach(std::string_view path) {
    if (!root_) root_ = std::make_shared<Node>();
    auto* node = root_.get();
    while (true) {
        const auto dot = std::min(path.find('.'), path.size());
        auto name = path.substr(0, dot);
        const bool of_array = name.ends_with(each_element);
        if (of_array) name.remove_suffix(each_element.size());
        if (name.empty() || name.find('[') != std::string_view::npos) {
            return invalid_field("path", "must be member names joined by dots, [] behind an array's");
        }
        auto& member = node->members[std::string(name)];
        if (!member) member = std::make_unique<Node>();
        node = member.get();
        if (of_array) {
            if (!node->elements) node->elements = std::make_unique<Node>();
            node = node->elements.get();
        }
        if (dot == path.size()) return node;
        path.remove_prefix(dot + 1);
    }
}

Result<void> JsonChanges::set(std::string_view path, std::string value) {
    const auto node = reach(path);
    if (!node) return node.error();
    (*node)->value = std::move(value);
    return {};
}

Result<void> JsonChanges::rename(std::string_view path, std::string name) {
    const auto node = reach(path);
    if (!node) return node.error();
    if (path.ends_with(each_element) || name.empty()) return invalid_field("path", "must lead to a member, which has a name");
    (*node)->new_name = std::move(name);
    return {};
}

Result<void> JsonChanges::remove(std::string_view path) {
    const auto node = reach(path);
    if (!node) return node.error();
    if (path.ends_with(each_element)) return invalid_field("path", "must lead to a member, not to the elements of an array");
    (*node)->is_removed = true;
    return {};
}

Result<std::string> JsonChanges::apply(std::string_view text) const {
    const auto whole = json::parse(text);
    if (!whole) return Error{Kind::invalid, "invalid_json", "the body is no JSON text: " + whole.error().detail};
    constexpr std::string_view white_space = " \t\r\n";
    text.remove_prefix(text.find_first_not_of(white_space));
    text = text.substr(0, text.find_last_not_of(white_space) + 1);
    std::string out;
    out.reserve(text.size());
    write_value(*root_, text, out);
    return out;
}

void JsonChanges::write_value(const Node& rules, std::string_view value, std::string& out) {
    if (rules.value) {
        out += *rules.value;
    } else if (value.starts_with('{') && !rules.members.empty()) {
        write_object(rules, value, out);
    } else if (value.starts_with('[') && rules.elements) {
        write_array(*rules.elements, value, out);
    } else {
        out += value;
    }
}

void JsonChanges::write_object(const Node& rules, std::string_view object, std::string& out) {
    const auto members = json::raw_members(object);
    std::map<std::string, bool, std::less<>> present;
    std::map<std::string, bool, std::less<>> taken;
    for (const auto& [key, value] : members) {
        const auto name = name_of(key);
        present[name] = true;
        const auto rule = rules.members.find(name);
        if (rule != rules.members.end() && rule->second->new_name) taken[*rule->second->new_name] = true;
    }
    char separator = '{';
    const auto begin_member = [&](std::string_view key) {
        out += std::exchange(separator, ',');
        out.append(key).append(":");
    };
    for (const auto& [key, value] : members) {
        const auto name = name_of(key);
        const auto rule = rules.members.find(name);
        const bool renamed = rule != rules.members.end() && rule->second->new_name;
        const bool removed = rule != rules.members.end() && rule->second->is_removed;
        if (removed || (taken.contains(name) && !renamed)) continue;
        begin_member(renamed ? quoted_name(*rule->second->new_name) : std::string(key));
        if (rule == rules.members.end()) {
            out += value;
        } else {
            write_value(*rule->second, value, out);
        }
    }
    for (const auto& [name, rule] : rules.members) {
        if (present.contains(name) || !rule->sets_something()) continue;
        begin_member(quoted_name(rule->new_name.value_or(name)));
        write_missing(*rule, out);
    }
    if (separator == '{') out += '{';
    out += '}';
}

void JsonChanges::write_missing(const Node& rules, std::string& out) {
    if (rules.value) {
        out += *rules.value;
    } else {
        write_object(rules, "{}", out);
    }
}

void JsonChanges::write_array(const Node& rules, std::string_view array, std::string& out) {
    char separator = '[';
    for (const auto element : json::raw_elements(array)) {
        out += std::exchange(separator, ',');
        write_value(rules, element, out);
    }
    if (separator == '[') out += '[';
    out += ']';
}

bool is_json(std::string_view content_type) {
    auto type = content_type.substr(0, content_type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    constexpr std::string_view suffix = "+json";
    const bool suffixed =
        type.size() > suffix.size() && http::equal_ignoring_case(type.substr(type.size() - suffix.size()), suffix);
    return suffixed || http::equal_ignoring_case(type, "application/json");
}

}  // namespace darkroom::gateway
