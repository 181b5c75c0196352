#include "services/notifications/mailer.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "services/notifications/domain/mail_template.hpp"

#include <algorithm>

namespace darkroom::notifications {

namespace {

constexpr Milliseconds pause_after_failure = 1s;
constexpr Milliseconds housekeeping = 1h;

/// A loop goes on whatever happens in a step of it, but for its own cancellation. nullopt after a failure.
awaitable<std::optional<bool>> attempt(std::string_view what, awaitable<bool> step) {
    std::string cause;
    try {
        const bool result = co_await std::move(step);
        co_return result;
    } catch (const boost::system::system_error& error) {
        if (error.code() == net::error::operation_aborted) throw;
        cause = error.what();
    } catch (const std::exception& error) {
        cause = error.what();
    }
    log::warning("mail: a step failed", {{"step", what}, {"error", cause}});
    co_await pause_for(pause_after_failure);
    co_return std::nullopt;
}

awaitable<bool> prune(MailsRepository& mails) {
    co_await mails.prune();
    co_return true;
}

/// Doubles with each attempt.
Milliseconds pause_after(std::int64_t attempts, const MailerOptions& options) {
    auto pause = options.first_pause;
    for (std::int64_t i = 1; i < attempts && pause < options.longest_pause; ++i) pause *= 2;
    return std::min(pause, options.longest_pause);
}

}  // namespace

Mailer::Mailer(Runtime& runtime, MailsRepository& mails, MailOutlet& outlet, telemetry::Metrics& metrics, Notifier& wake,
               MailerOptions options)
    : mails_(mails), outlet_(outlet), metrics_(metrics), wake_(wake), busy_(runtime.executor()), options_(std::move(options)) {}

void Mailer::start(TaskGroup& tasks) {
    tasks.spawn("mail", run_first_lane());
    for (std::size_t i = 1; i < options_.lanes; ++i) tasks.spawn("mail", run_further_lane());
    tasks.spawn("mail housekeeping", keep_house());
}

awaitable<> Mailer::run_first_lane() {
    while (true) {
        const auto seen = wake_.count();
        const auto worked = co_await attempt("sending", send_next());
        if (worked == false) co_await wake_.wait_past(seen, options_.poll);
    }
}

awaitable<> Mailer::run_further_lane() {
    while (true) {
        const auto seen = busy_.count();
        const auto worked = co_await attempt("sending", send_next());
        if (worked == false) co_await busy_.wait_past(seen, 1h);
    }
}

awaitable<> Mailer::keep_house() {
    while (true) {
        co_await attempt("forgetting old mails", prune(mails_));
        co_await pause_for(housekeeping);
    }
}

awaitable<bool> Mailer::send_next() {
    const auto mail = co_await mails_.take(options_.lease);
    if (!mail) co_return false;
    busy_.notify();
    MailOutcome outcome{MailVerdict::postponed, "nothing is known of the account yet"};
    if (mail->address) {
        auto message = message_of(*mail);
        outcome = co_await outlet_.send(std::move(message));
    }
    // A mail that is out and not settled would be sent again at the end of its lease.
    for (std::optional<bool> settled; !settled;) settled = co_await attempt("settling", settle(*mail, outcome));
    co_return true;
}

awaitable<bool> Mailer::settle(TakenMail mail, MailOutcome outcome) {
    const bool last = mail.attempts >= options_.max_attempts;
    if (outcome.verdict == MailVerdict::delivered) {
        co_await mails_.settle_sent(mail);
        count("sent");
    } else if (outcome.verdict == MailVerdict::refused || last) {
        log::warning("a mail is given up", {{"mail_id", mail.id},
                                            {"template", mail.template_name},
                                            {"attempts", mail.attempts},
                                            {"reason", outcome.reason},
                                            {"correlation_id", mail.correlation_id}});
        co_await mails_.give_up(mail, outcome.reason);
        count("failed");
    } else {
        const auto pause = pause_after(mail.attempts, options_);
        log::info("a mail is tried again later",
                  {{"mail_id", mail.id}, {"attempts", mail.attempts}, {"reason", outcome.reason}});
        co_await mails_.postpone(mail, pause, outcome.reason);
        count("postponed");
    }
    co_return true;
}

mail::Message Mailer::message_of(const TakenMail& mail) const {
    auto values = shown_values(mail.content);
    if (mail.notification_id) {
        values["is_notification"] = "yes";
        const auto* data = mail.content.if_contains("data");
        if (data != nullptr && data->is_object()) values.merge(shown_values(data->get_object()));
    }
    if (mail.username) values.emplace("username", *mail.username);
    if (!options_.public_url.empty()) values.emplace("console", options_.public_url + "/console/");
    auto text = render_mail(mail.template_name, values);
    return {.from = options_.from,
            .to = identity::Email::trusted(*mail.address),
            .subject = std::move(text.subject),
            .text = std::move(text.text),
            .html = std::move(text.html),
            .id = mail.id,
            .date = mail.created_at};
}

void Mailer::count(std::string_view outcome) {
    metrics_
        .counter("darkroom_notification_deliveries_total", "Deliveries of notifications and mails, by channel and outcome.",
                 {{"channel", "email"}, {"outcome", std::string(outcome)}})
        .Increment();
}

}  // namespace darkroom::notifications
