#include "services/gateway/domain/route_table.hpp"

#include "platform/core/encoding.hpp"
#include "services/gateway/domain/route_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace darkroom::gateway {

namespace {

bool is_below(std::string_view path, std::string_view prefix) {
    return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

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
        auto route = read_route(*row, index, problems);
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
