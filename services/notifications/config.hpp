// The variables that only this service reads; the shared ones are in platform/service/config.hpp.
#pragma once

#include "platform/core/environment.hpp"
#include "platform/mail/message.hpp"
#include "services/notifications/smtp_url.hpp"

namespace darkroom::notifications {

struct Config {
    Secret database_url;
    std::int64_t connections = 0;
    mail::Sender mail_from;
    std::string mail_directory;
    /// None: the local mailbox.
    std::optional<SmtpUrl> smtp;
    std::string public_url;

    static Config load(Environment& environment) {
        Config config;
        config.database_url = environment.required_secret("DATABASE_URL", "PostgreSQL, as the role of this service.");
        config.connections = environment.integer("DATABASE_CONNECTIONS", 6, 2, 100, "Connections to PostgreSQL.");
        config.mail_directory = environment.text("MAIL_DIR", "var/mail", "The local mailbox.");
        config.public_url = environment.text("PUBLIC_URL", "", "What links in mails begin with.");
        const auto smtp = environment.secret(
            "SMTP_URL", "smtp://[user:password@]host[:port] or smtps://…; mail goes to the local mailbox if unset.");
        if (!smtp.empty()) {
            if (auto url = SmtpUrl::parse(smtp.reveal())) {
                config.smtp = std::move(*url);
            } else {
                environment.problem("SMTP_URL", url.error().detail);
            }
        }
        const auto from = environment.text("MAIL_FROM", "Darkroom <darkroom@localhost>", "Sender of outgoing mail.");
        if (auto sender = mail::Sender::parse(from)) {
            config.mail_from = std::move(*sender);
        } else {
            environment.problem("MAIL_FROM", sender.error().detail);
        }
        return config;
    }
};

}  // namespace darkroom::notifications
