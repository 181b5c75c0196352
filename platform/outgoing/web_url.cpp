#include "platform/outgoing/web_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <charconv>

namespace darkroom::outgoing {

namespace {

constexpr std::size_t max_length = 2048;

bool is_port(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number >= 1 && number <= 65535;
}

}  // namespace

Result<WebUrl> WebUrl::parse(std::string_view text) {
    if (text.size() > max_length) return invalid_field("", "must be at most 2048 characters");
    const auto parsed = boost::urls::parse_absolute_uri(boost::core::string_view(text.data(), text.size()));
    if (!parsed) return invalid_field("", "is not an absolute http or https address");
    const auto scheme = parsed->scheme_id();
    if (scheme != boost::urls::scheme::http && scheme != boost::urls::scheme::https) {
        return invalid_field("", "must begin with http:// or https://");
    }
    if (parsed->has_userinfo()) return invalid_field("", "must not carry a user or a password");
    const std::string host = parsed->host_address();
    const std::string port = parsed->port();
    const bool port_is_wrong = parsed->has_port() && !is_port(port);
    if (host.empty() || port_is_wrong) return invalid_field("", "has no host or a wrong port");
    WebUrl url;
    url.text_ = std::string(text);
    url.host_ = host;
    return url;
}

}  // namespace darkroom::outgoing
