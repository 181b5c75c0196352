#include "services/auth/courier.hpp"

#include "platform/core/log.hpp"

namespace darkroom::accounts {

namespace {

constexpr Milliseconds look_interval = 2s;
/// Longer than a delivery can take.
constexpr Milliseconds lease = 30s;
constexpr Milliseconds first_pause = 2s;
constexpr Milliseconds longest_pause = 5min;
constexpr std::int64_t doublings = 8;
constexpr std::string_view audience = "notification-service";

bool is_refusal(int status) {
    // Not what says "later" or "who are you?".
    return status >= 400 && status < 500 && status != 401 && status != 403 && status != 408 && status != 429;
}

}  // namespace

awaitable<> Courier::run() {
    while (true) {
        const auto seen = wake_.count();
        std::string problem;
        try {
            co_await work();
        } catch (const Failure& failure) {  // the database or the other service is away: all is still there
            problem = failure.error().detail;
        }
        if (!problem.empty()) log::warning("mails wait", {{"reason", problem}});
        co_await wake_.wait_past(seen, look_interval);
    }
}

awaitable<> Courier::work() {
    bool more = true;
    while (more) more = co_await links_.answer_request();
    more = true;
    while (more) more = co_await hand_over_one();
}

awaitable<bool> Courier::hand_over_one() {
    const auto mail = co_await mails_.take(lease);
    if (!mail) co_return false;
    json::Object body{
        {"id", mail->id}, {"to", mail->recipient.text()}, {"template", mail->template_name}, {"values", mail->content}};
    if (mail->user_id) body["user_id"] = mail->user_id->text();
    http::ClientRequest request{.verb = http::Verb::post, .target = "/internal/mail", .body = json::serialize(body)};
    request.headers.add("Content-Type", "application/json");
    int status = 0;
    std::string problem;
    try {
        const auto token = co_await tokens_.token_for(std::string(audience));
        request.headers.add("Authorization", "Bearer " + token);
        const auto response = co_await client_.send(notifications_, request);
        status = response.status;
        if (!response.ok()) problem = "notification-service answered " + std::to_string(status);
    } catch (const Failure& failure) {  // it is away
        problem = failure.error().detail;
    }
    if (status == 401) tokens_.drop(std::string(audience));
    if (problem.empty() || is_refusal(status)) {
        if (!problem.empty())
            log::error("a mail is refused", {{"id", mail->id}, {"template", mail->template_name}, {"status", status}});
        co_await mails_.remove(mail->id);
        co_return true;
    }
    const auto pause = std::min(first_pause * (std::int64_t{1} << std::min(mail->attempts, doublings)), longest_pause);
    co_await mails_.put_back(mail->id, pause);
    log::warning("a mail waits", {{"id", mail->id}, {"template", mail->template_name}, {"reason", problem}});
    co_return true;
}

}  // namespace darkroom::accounts
