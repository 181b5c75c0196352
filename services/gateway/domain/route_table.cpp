#include "services/gateway/domain/route_table.hpp"

#include "platform/core/encoding.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <set>

namespace darkroom::gateway {

namespace {

constexpr std::int64_t largest_body_limit = 16LL * 1024 * 1024 * 1024;
constexpr std::array<std::string_view, 10> known_keys{"prefix",          "upstream",        "websocket",  "access",
                                                      "body_limit",      "roles",           "permission", "rewrite",
                                                      "request_headers", "response_headers"};
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

bool is_below(std::string_view path, std::string_view prefix) {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool is_valid_prefix(std::string_view prefix) {
    return prefix.size() > 1 && prefix.front() == '/' && prefix.back() != '/' && prefix.find("//") == std::string_view::npos;
}

bool is_known_permission(std::string_view name) {
    return std::ranges::any_of(all_roles, [name](auth::Role role) { return auth::has_permission(role, name); });
}

/// Reads one [[route]]; what is wrong with it goes to `problems`, each with the route's place in the file.
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

    void problem(std::string_view key, std::string_view what) {
        problems_.push_back({fmt::format("route[{}].{}", index_, key), std::string(what)});
    }

    const toml::table& table_;
    std::size_t index_;
    std::vector<FieldError>& problems_;
};

/// toml++ is built to throw; a broken file is a refusal here.
Result<toml::table> parse_toml(std::string_view text) {
    try {
        return toml::parse(text);
    } catch (const toml::parse_error& error) {  // the library's only way to say it
        return invalid_field("routes", fmt::format("line {}: {}", error.source().begin.line, error.description()));
    }
}

}  // namespace

bool is_internal_path(std::string_view path) {
    return is_below(path, "/internal");
}

void HeaderChanges::apply(http::Headers& headers) const {
    for (const auto& name : remove) headers.remove(name);
    for (const auto& [name, value] : set) headers.set(name, value);
}

void rewrite_for(const Route& route, const http::RequestHead& request, http::RequestHead& head) {
    route.request_headers.apply(head.headers);
    if (route.rewrite.empty()) return;
    const auto path = route.rewrite + request.path.substr(route.prefix.size());
    std::string target;
    for (std::size_t at = 0; at < path.size();) {
        const auto end = std::min(path.find('/', at + 1), path.size());
        target += '/' + percent_encode(std::string_view(path).substr(at + 1, end - at - 1));
        at = end;
    }
    if (!request.query.empty()) target += '?' + request.query;
    head.target = std::move(target);
}

bool is_restricted(const Route& route) {
    return !route.roles.empty() || !route.permission.empty();
}

void check_restrictions(const Route& route, const auth::Caller& caller) {
    if (!is_restricted(route) || caller.is_service()) return;
    if (!caller.signed_in()) fail({Kind::unauthenticated, "unauthenticated", "a bearer token is required"});
    const bool has_role = route.roles.empty() || std::ranges::find(route.roles, caller.role) != route.roles.end();
    const bool may = route.permission.empty() || caller.may(route.permission);
    if (!has_role || !may) fail({Kind::forbidden, "forbidden", "your account is not allowed to do this"});
}

Result<RouteTable> RouteTable::parse(std::string_view text) {
    auto document = parse_toml(text);
    if (document.has_error()) return document.error();
    std::vector<FieldError> problems;
    RouteTable table;
    const auto* rows = document->get_as<toml::array>("route");
    if (rows == nullptr || rows->empty()) return invalid_field("route", "at least one [[route]] is required");
    std::set<std::string> seen;
    for (std::size_t index = 0; index < rows->size(); ++index) {
        const auto* row = rows->get_as<toml::table>(index);
        if (row == nullptr) return invalid_field("route", "must be tables: [[route]]");
        auto route = RouteReader(*row, index, problems).read();
        if (!seen.insert(route.prefix).second) problems.push_back({fmt::format("route[{}].prefix", index), "is there twice"});
        table.routes_.push_back(std::move(route));
    }
    if (!problems.empty()) return invalid_fields(std::move(problems));
    const auto longer_first = [](const Route& left, const Route& right) { return left.prefix.size() > right.prefix.size(); };
    std::ranges::sort(table.routes_, longer_first);
    return table;
}

const Route* RouteTable::find(std::string_view path) const {
    if (is_internal_path(path)) return nullptr;
    const auto matches = [path](const Route& route) { return is_below(path, route.prefix); };
    const auto found = std::ranges::find_if(routes_, matches);
    return found == routes_.end() ? nullptr : &*found;
}

std::vector<std::string> RouteTable::upstreams() const {
    std::set<std::string> names;
    for (const auto& route : routes_) names.insert(route.upstream);
    return {names.begin(), names.end()};
}

}  // namespace darkroom::gateway
