// What auth-service may ask us to send: POST /internal/mail.
#pragma once

#include "platform/identity/email.hpp"
#include "services/notifications/domain/mail_template.hpp"

namespace darkroom::notifications {

/// Each has a template of its name.
enum class AccountMailKind {
    password_reset,
    email_verification,
    email_change,
    email_changed,
    password_changed,
    account_locked
};
BOOST_DESCRIBE_ENUM(AccountMailKind, password_reset, email_verification, email_change, email_changed, password_changed,
                    account_locked)

struct AccountMail {
    /// Made by the sender: sending it again is the same mail.
    std::string id;
    identity::Email to;
    std::optional<UserId> user_id;
    AccountMailKind kind{};
    /// May hold a secret link: never logged, erased once the mail is out.
    json::Object values;

    /// {"id", "to", "user_id"?, "template", "values"}; every bad field is reported at once. Links must be http or https.
    static Result<AccountMail> parse(const json::Object& request);
};

}  // namespace darkroom::notifications
