#include "services/gateway/domain/route_reader.hpp"

#include "platform/json/described.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>

namespace darkroom::gateway {

namespace {

constexpr std::int64_t largest_body_limit = 16LL * 1024 * 1024 * 1024;
constexpr std::array<std::string_view, 12> known_keys{
    "prefix",     "upstream", "websocket",       "access",           "body_limit",   "roles",
    "permission", "rewrite",  "request_headers", "response_headers", "request_json", "response_json"};
/// What frames a message or says whom it is for is the gateway's alone.
constexpr std::array<std::string_view, 7> fixed_headers{"connection", "content-length", "expect",           "host",
                                                        "te",         "trailer",        "transfer-encoding"};

bool is_header_name(std::string_view name) {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    };
    const auto is_same = [name](std::string_view fixed) { return http::equal_ignoring_case(fixed, name); };
    return !name.empty() && std::ranges::all_of(name, fits) && std::ranges::none_of(fixed_headers, is_same);
}

bool is_header_value(std::string_view value) {
    return std::ranges::all_of(value, [](char c) { return c >= ' ' && c <= '~'; });
}

constexpr std::array all_roles{auth::Role::guest, auth::Role::user, auth::Role::premium, auth::Role::admin};

bool is_valid_prefix(std::string_view prefix) {
    return prefix.size() > 1 && prefix.front() == '/' && prefix.back() != '/' && prefix.find("//") == std::string_view::npos;
}

bool is_known_permission(std::string_view name) {
    return std::ranges::any_of(all_roles, [name](auth::Role role) { return auth::has_permission(role, name); });
}

/// One [[route]] and where it stands.
class RouteReader {
public:
    RouteReader(const toml::table& table, std::size_t index, std::vector<FieldError>& problems)
        : table_(table), index_(index), problems_(problems) {}

    Route read() {
        for (const auto& [key, value] : table_) {
            if (std::ranges::find(known_keys, key.str()) == known_keys.end()) problem(key.str(), "is not known");
        }
        Route route;
        route.prefix = table_["prefix"].value_or(std::string{});
        if (!is_valid_prefix(route.prefix))
            problem("prefix", "must be a path of at least one segment, without a slash at its end");
        if (is_internal_path(route.prefix)) problem("prefix", "/internal is never routed");
        route.upstream = table_["upstream"].value_or(std::string{});
        if (route.upstream.empty()) problem("upstream", "is required");
        route.websocket = table_["websocket"].value_or(false);
        const auto access = table_["access"].value_or(std::string{"contract"});
        if (access != "contract" && access != "token") problem("access", "must be \"contract\" or \"token\"");
        route.token_required = access == "token";
        const auto limit = table_["body_limit"].value_or(static_cast<std::int64_t>(route.body_limit));
        if (limit < 0 || limit > largest_body_limit) problem("body_limit", "must be a number of bytes, at most 16 GiB");
        route.body_limit = static_cast<std::uint64_t>(std::max<std::int64_t>(limit, 0));
        route.rewrite = table_["rewrite"].value_or(std::string{});
        if (table_.contains("rewrite") && !is_valid_prefix(route.rewrite)) {
            problem("rewrite", "must be a path of at least one segment, without a slash at its end");
        }
        route.request_headers = read_changes("request_headers");
        route.response_headers = read_changes("response_headers");
        route.request_json = read_json_changes("request_json");
        route.response_json = read_json_changes("response_json");
        read_restrictions(route);
        return route;
    }

private:
    /// A restriction that cannot be read must stop the start: skipped, it would open the route.
    void read_restrictions(Route& route) {
        if (table_.contains("roles")) {
            const auto* names = table_["roles"].as_array();
            if (names == nullptr || names->empty()) {
                problem("roles", "must be a list of at least one role");
            } else {
                for (const auto& name : *names) {
                    const auto role = auth::role_from(name.value_or(std::string_view{}));
                    if (role) route.roles.push_back(*role);
                    if (!role) problem("roles", "must be of guest, user, premium and admin");
                }
            }
        }
        if (!table_.contains("permission")) return;
        route.permission = table_["permission"].value_or(std::string{});
        if (!is_known_permission(route.permission)) problem("permission", "is none that a role has");
    }

    /// { set = { "X-Name" = "value" }, remove = ["X-Other"] }
    HeaderChanges read_changes(std::string_view key) {
        HeaderChanges changes;
        if (!table_.contains(key)) return changes;
        const auto* rules = table_[key].as_table();
        if (rules == nullptr) {
            problem(key, "must be a table with set and remove");
            return changes;
        }
        for (const auto& [name, value] : *rules) {
            if (name.str() != "set" && name.str() != "remove") problem(key, "has set and remove only");
        }
        if (const auto* wanted = rules->get_as<toml::table>("set")) {
            for (const auto& [name, value] : *wanted) {
                const auto text = value.value<std::string>();
                const bool good = is_header_name(name.str()) && text && is_header_value(*text);
                if (good) changes.set.emplace_back(name.str(), *text);
                if (!good) problem(key, "can set plain texts, and no header that frames a message");
            }
        }
        if (const auto* unwanted = rules->get_as<toml::array>("remove")) {
            for (const auto& name : *unwanted) {
                const auto text = name.value<std::string>();
                const bool good = text && is_header_name(*text);
                if (good) changes.remove.push_back(*text);
                if (!good) problem(key, "can remove headers by name, and none that frames a message");
            }
        }
        return changes;
    }

    /// { set = { "a.b" = 1 }, rename = { "a.c" = "d" }, remove = ["users[].email"] }. A rule that cannot be read must stop the
    /// start: skipped, it would let through what it is there to hide.
    JsonChanges read_json_changes(std::string_view key) {
        JsonChanges changes;
        if (!table_.contains(key)) return changes;
        const auto* rules = table_[key].as_table();
        if (rules == nullptr) {
            problem(key, "must be a table with set, rename and remove");
            return changes;
        }
        for (const auto& [name, rule] : *rules) {
            const auto* fields = rule.as_table();
            const auto* unwanted = rule.as_array();
            if ((name == "set" || name == "rename") && fields != nullptr) {
                for (const auto& [path, value] : *fields) note(key, path.str(), change(changes, name.str(), path.str(), value));
            } else if (name == "remove" && unwanted != nullptr) {
                for (const auto& path : *unwanted) {
                    const auto text = path.value_or(std::string{});
                    note(key, text, changes.remove(text));
                }
            } else {
                problem(key, "has set = {}, rename = {} and remove = [] only");
            }
        }
        return changes;
    }

    static Result<void> change(JsonChanges& changes, std::string_view kind, std::string_view path, const toml::node& value) {
        if (kind == "rename") return changes.rename(path, value.value_or(std::string{}));
        std::ostringstream text;
        value.visit([&text](const auto& node) { text << toml::json_formatter{node}; });
        const auto as_json = json::parse(text.str());
        if (!as_json) return invalid_field("value", "can be text, number, truth, array or table");
        return changes.set(path, json::serialize(*as_json));
    }

    void note(std::string_view key, std::string_view path, const Result<void>& changed) {
        if (!changed) problem(key, fmt::format("\"{}\": {}", path, changed.error().fields.front().message));
    }

    void problem(std::string_view key, std::string_view what) {
        problems_.push_back({fmt::format("route[{}].{}", index_, key), std::string(what)});
    }

    const toml::table& table_;
    std::size_t index_;
    std::vector<FieldError>& problems_;
};

}  // namespace

Route read_route(const toml::table& table, std::size_t index, std::vector<FieldError>& problems) {
    return RouteReader(table, index, problems).read();
}

}  // namespace darkroom::gateway
