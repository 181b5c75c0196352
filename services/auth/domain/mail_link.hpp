// Links that are mailed to prove that somebody reads a mailbox.
#pragma once

#include "platform/core/time.hpp"

#include <boost/describe.hpp>

#include <string>

namespace darkroom::accounts {

enum class LinkPurpose { password_reset, email_verification, email_change };
BOOST_DESCRIBE_ENUM(LinkPurpose, password_reset, email_verification, email_change)

/// Short for what gives the account away, long for what only confirms.
constexpr Seconds life_of(LinkPurpose purpose) {
    return purpose == LinkPurpose::password_reset ? Seconds{3600} : Seconds{24 * 3600};
}

/// Of one kind, to one account, within an hour: more would flood the mailbox of whoever somebody else names.
inline constexpr std::int64_t max_links_an_hour = 5;

/// "2026-11-22 08:00 UTC", for a mail.
std::string mail_time(Timestamp time);

}  // namespace darkroom::accounts
