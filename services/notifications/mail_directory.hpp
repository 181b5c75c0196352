// The local mailbox: one .eml file for each mail, read with `darkroom mail`.
#pragma once

#include "platform/async/cpu_pool.hpp"
#include "services/notifications/mail_outlet.hpp"

#include <filesystem>

namespace darkroom::notifications {

/// Files are for their owner only (0600 in 0700) and appear at once and whole. The directory holds the newest `limit`; it is
/// made when the first mail comes. A mail that comes again replaces itself.
class MailDirectory : public MailOutlet {
public:
    MailDirectory(CpuPool& cpu, std::filesystem::path directory, std::size_t limit = 1000)
        : cpu_(cpu), directory_(std::move(directory)), limit_(limit) {}

    awaitable<MailOutcome> send(mail::Message message) override;

private:
    CpuPool& cpu_;
    std::filesystem::path directory_;
    std::size_t limit_;
};

}  // namespace darkroom::notifications
