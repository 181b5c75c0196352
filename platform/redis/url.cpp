#include "platform/redis/url.hpp"

#include <boost/url.hpp>

#include <charconv>

namespace darkroom::redis {

namespace {

bool read_number(std::string_view text, int& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number >= 0;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    const auto refusal = [] {
        return invalid_field("", "must be redis://[[user]:password@]host[:port][/database] or unix:///path/to/redis.sock");
    };
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
        int number = url.port;
        if (!port.empty() && (!read_number(port, number) || number == 0 || number > 65535)) return refusal();
        url.port = static_cast<std::uint16_t>(number);
        database = parsed->path();
        if (database.starts_with('/')) database.erase(0, 1);
    } else {
        return refusal();
    }
    if (!database.empty() && !read_number(database, url.database)) return refusal();
    return url;
}

}  // namespace darkroom::redis
