// Sends what stands in the table of mails: taken with a lease, repeated with growing pauses, given up in the end.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/notifications/mail_outlet.hpp"
#include "services/notifications/mails_repository.hpp"

namespace darkroom::notifications {

struct MailerOptions {
    mail::Sender from;
    /// Where links lead; empty: mails have none of ours.
    std::string public_url;
    /// Mails that are sent at a time.
    std::size_t lanes = 3;
    /// Longer than an attempt can take.
    Milliseconds lease = 150s;
    /// After that many attempts a mail is given up: with these pauses after some six hours.
    std::int64_t max_attempts = 20;
    Milliseconds first_pause = 10s;
    Milliseconds longest_pause = 30min;
    /// A wake-up can be lost: the table is looked at this often anyway.
    Milliseconds poll = 2s;
};

/// At least once: a mail whose sending succeeded while the instance died is sent again, with the same Message-ID.
class Mailer {
public:
    /// `wake` is notified when a mail may have been stored. All of it outlives the tasks.
    Mailer(Runtime& runtime, MailsRepository& mails, MailOutlet& outlet, telemetry::Metrics& metrics, Notifier& wake,
           MailerOptions options);

    /// Spawns its tasks.
    void start(TaskGroup& tasks);

private:
    awaitable<> run_first_lane();
    awaitable<> run_further_lane();
    awaitable<> keep_house();
    /// False when there was nothing to send.
    awaitable<bool> send_next();
    awaitable<bool> settle(TakenMail mail, MailOutcome outcome);
    mail::Message message_of(const TakenMail& mail) const;
    void count(std::string_view outcome);

    MailsRepository& mails_;
    MailOutlet& outlet_;
    telemetry::Metrics& metrics_;
    Notifier& wake_;
    /// There is more than one lane can send at once.
    Notifier busy_;
    MailerOptions options_;
};

}  // namespace darkroom::notifications
