// SMTP_URL: where mail leaves this house.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/secret.hpp"

#include <string>
#include <string_view>

namespace darkroom::notifications {

/// smtp://[user:password@]host[:port] or smtps://…; user and password percent-encoded.
struct SmtpUrl {
    /// Without user and password: "smtp://mail.example.org:587".
    std::string server;
    std::string user;
    Secret password;
    /// Only then may credentials travel without TLS.
    bool loopback = false;

    static Result<SmtpUrl> parse(std::string_view text);
};

}  // namespace darkroom::notifications
