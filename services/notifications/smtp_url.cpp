#include "services/notifications/smtp_url.hpp"

#include <boost/url.hpp>

#include <fmt/format.h>

namespace darkroom::notifications {

Result<SmtpUrl> SmtpUrl::parse(std::string_view text) {
    const auto problem = invalid_field("", "must be like smtp://user:password@host:587 or smtps://host");
    const auto parsed = boost::urls::parse_uri(text);
    if (!parsed) return problem;
    const std::string_view scheme = parsed->scheme();
    const std::string host(std::string_view(parsed->encoded_host()));
    const bool bare = parsed->encoded_path().empty() || parsed->encoded_path() == "/";
    if ((scheme != "smtp" && scheme != "smtps") || host.empty() || !bare || parsed->has_query() || parsed->has_fragment()) {
        return problem;
    }
    SmtpUrl url;
    url.server = fmt::format("{}://{}", scheme, host);
    if (parsed->has_port()) url.server += fmt::format(":{}", std::string_view(parsed->port()));
    url.user = parsed->user();
    url.password = Secret(parsed->password());
    url.loopback = host == "127.0.0.1" || host == "[::1]" || host == "localhost";
    return url;
}

}  // namespace darkroom::notifications
