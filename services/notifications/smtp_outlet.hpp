// Mail by SMTP (RFC 5321), over libcurl, on threads of its own.
#pragma once

#include "platform/async/runtime.hpp"
#include "services/notifications/mail_outlet.hpp"
#include "services/notifications/smtp_url.hpp"

#include <atomic>

namespace darkroom::notifications {

/// STARTTLS where the server offers it; demanded before credentials leave this machine. Certificates are verified. An attempt
/// takes at most a minute. What the server refuses for good (55x) is refused, everything else (it is away, 4xx, a wrong
/// password) postponed.
class SmtpOutlet : public MailOutlet {
public:
    SmtpOutlet(Runtime& runtime, SmtpUrl url);
    /// Attempts under way are broken off.
    ~SmtpOutlet() override;

    awaitable<MailOutcome> send(mail::Message message) override;

private:
    SmtpUrl url_;
    std::atomic<bool> stopping_ = false;
    CpuPool threads_;
};

}  // namespace darkroom::notifications
