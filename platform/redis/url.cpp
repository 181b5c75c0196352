#include "platform/redis/url.hpp"

#include <boost/url.hpp>

#include <charconv>
#include <optional>

namespace darkroom::redis {

namespace {

bool read_number(std::string_view text, int& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number >= 0;
}

constexpr std::uint16_t redis_port = 6379;
constexpr std::uint16_t sentinel_port = 26379;

Error refusal() {
    return invalid_field("",
                         "must be redis://[[user]:password@]host[:port][/database], unix:///path/to/redis.sock, "
                         "redis+sentinel://host[:port],…/master[/database] or redis+cluster://host[:port],…");
}

bool read_port(std::string_view text, std::uint16_t& port) {
    int number = 0;
    if (!read_number(text, number) || number == 0 || number > 65535) return false;
    port = static_cast<std::uint16_t>(number);
    return true;
}

/// "host", "host:port" or "[v6]:port".
std::optional<Node> read_node(std::string_view text, std::uint16_t fallback) {
    Node node{.host = {}, .port = fallback};
    const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
    const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
    const auto host = text.substr(0, colon);
    node.host = bracket == std::string_view::npos ? host : host.substr(1, bracket - 1);
    if (node.host.empty() || (colon != std::string_view::npos && !read_port(text.substr(colon + 1), node.port)))
        return std::nullopt;
    return node;
}

bool read_nodes(std::string_view list, std::uint16_t fallback, std::vector<Node>& nodes) {
    while (true) {
        const auto comma = list.find(',');
        const auto node = read_node(list.substr(0, comma), fallback);
        if (!node) return false;
        nodes.push_back(*node);
        if (comma == std::string_view::npos) return true;
        list.remove_prefix(comma + 1);
    }
}

/// A list of hosts is no URI authority, so it is taken out and the first host left for the parser.
Result<Url> parse_several(std::string_view text, Topology topology) {
    Url url;
    url.topology = topology;
    const auto authority = text.find("://") + 3;
    const auto end = std::min(text.find_first_of("/?", authority), text.size());
    const auto at = text.substr(authority, end - authority).rfind('@');
    const auto hosts = at == std::string_view::npos ? authority : authority + at + 1;
    const bool of_sentinels = topology == Topology::sentinel;
    if (!read_nodes(text.substr(hosts, end - hosts), of_sentinels ? sentinel_port : redis_port, url.nodes)) return refusal();
    const auto plain =
        "redis://" + std::string(text.substr(authority, hosts - authority)) + "host" + std::string(text.substr(end));
    const auto parsed = boost::urls::parse_uri(plain);
    if (!parsed) return refusal();
    url.user = parsed->user();
    url.password = Secret(parsed->password());
    std::vector<std::string> segments;
    for (const auto& segment : parsed->segments()) {
        if (!segment.empty()) segments.push_back(segment);
    }
    if (!of_sentinels) return segments.empty() ? Result<Url>(std::move(url)) : refusal();
    if (segments.empty() || segments.size() > 2) return refusal();
    url.master = segments[0];
    if (segments.size() == 2 && !read_number(segments[1], url.database)) return refusal();
    const auto query = parsed->params();
    if (const auto found = query.find("sentinel_password"); found != query.end())
        url.sentinel_password = Secret((*found).value);
    return url;
}

}  // namespace

Url Url::at(const Node& node) const {
    Url url;
    url.host = node.host;
    url.port = node.port;
    url.user = user;
    url.password = password;
    url.database = database;
    return url;
}

Result<Url> Url::parse(std::string_view text) {
    if (text.starts_with("redis+sentinel://")) return parse_several(text, Topology::sentinel);
    if (text.starts_with("redis+cluster://")) return parse_several(text, Topology::cluster);
    const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
    if (!parsed) return refusal();
    Url url;
    url.user = parsed->user();
    url.password = Secret(parsed->password());
    std::string database;
    if (parsed->scheme() == "unix") {
        url.path = parsed->path();
        const auto query = parsed->params();
        if (const auto found = query.find("db"); found != query.end()) database = (*found).value;
        if (url.path.empty()) return refusal();
    } else if (parsed->scheme() == "redis") {
        if (!parsed->encoded_host().empty()) url.host = parsed->host_address();
        const std::string port = parsed->port();
        if (!port.empty() && !read_port(port, url.port)) return refusal();
        database = parsed->path();
        if (database.starts_with('/')) database.erase(0, 1);
    } else {
        return refusal();
    }
    if (!database.empty() && !read_number(database, url.database)) return refusal();
    return url;
}

}  // namespace darkroom::redis
