// An address that somebody else gave us to call.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::outgoing {

/// Absolute, http or https, with a host, without user, password or fragment; at most 2048 characters.
class WebUrl {
public:
    WebUrl() = default;
    static Result<WebUrl> parse(std::string_view text);

    const std::string& text() const { return text_; }
    /// Without the brackets of an IPv6 address.
    const std::string& host() const { return host_; }

    static constexpr json::TextSchema schema{.min_length = 10, .max_length = 2048, .format = "uri"};

private:
    std::string text_;
    std::string host_;
};

}  // namespace darkroom::outgoing
