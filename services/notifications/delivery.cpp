#include "services/notifications/delivery.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "platform/json/described.hpp"

namespace darkroom::notifications {

namespace {

constexpr std::int64_t batch = 200;
constexpr std::int64_t catch_up_limit = 5'000;
constexpr std::ptrdiff_t max_unpublished = 5'000;
/// How often the table is looked at although nobody said there was anything: a notification can be lost.
constexpr Milliseconds poll = 2s;
constexpr Milliseconds cut_off_interval = 5s;
constexpr Milliseconds retry = 500ms;
constexpr Milliseconds redis_check_interval = 1s;
/// What was sent this long before an outage was noticed may have been lost too.
constexpr Milliseconds overlap = 20s;

/// "<user id> <notification as JSON>"; ids contain no space.
std::string message_of(const Notification& notification, const std::string& text) {
    return notification.user_id.text() + ' ' + text;
}

std::string text_of(const Notification& notification) {
    return json::serialize(json::encode(notification));
}

}  // namespace

Delivery::Delivery(Runtime& runtime, NotificationsRepository& repository, LiveSockets& sockets, redis::Client& redis,
                   redis::Subscriber& subscriber)
    : repository_(repository),
      sockets_(sockets),
      redis_(redis),
      subscriber_(subscriber),
      wake_(runtime.executor()),
      look_(runtime.executor()),
      started_(now()) {
    subscriber_.subscribe(channel, [this](std::string_view message) { receive(message); });
    subscriber_.on_connected([this] { redis_returned_ = true; });
}

awaitable<> Delivery::run() {
    auto next_check = SteadyClock::now();
    while (true) {
        woken_ = false;
        const auto pushed = co_await try_to_deliver(next_check);
        if (pushed == 0 && !woken_) co_await look_.wait_for(poll);
    }
}

awaitable<> Delivery::watch() {
    while (true) {
        co_await wake_.wait_for(poll);
        // Remembered, because `run` may be busy: it then looks once more before it waits.
        woken_ = true;
        look_.notify();
    }
}

awaitable<std::size_t> Delivery::try_to_deliver(SteadyClock::time_point& next_check) {
    std::string problem;
    try {
        const auto pushed = co_await deliver_pending();
        if (pushed > 0 || SteadyClock::now() < next_check) co_return pushed;
        next_check = SteadyClock::now() + cut_off_interval;
        auto cut_off = co_await repository_.cut_off(batch);
        co_await push(std::move(cut_off));
        co_return 0;
    } catch (const boost::system::system_error& error) {  // a loop that must outlive every outage
        if (error.code() == net::error::operation_aborted) throw;
        problem = error.what();
    } catch (const std::exception& error) {
        problem = error.what();
    }
    log::warning("notifications wait to be delivered", {{"reason", problem}});
    co_await pause_for(retry);
    co_return 0;
}

awaitable<std::size_t> Delivery::deliver_pending() {
    auto claimed = co_await repository_.claim(batch);
    const auto count = claimed.size();
    co_await push(std::move(claimed));
    sent_ += count;
    co_return count;
}

awaitable<> Delivery::push(std::vector<Notification> notifications) {
    if (notifications.empty()) co_return;
    std::vector<NotificationId> ids;
    std::vector<std::vector<std::string>> commands;
    for (const auto& notification : notifications) {
        auto text = std::make_shared<const std::string>(text_of(notification));
        commands.push_back({"PUBLISH", channel, message_of(notification, *text)});
        sockets_.deliver(notification.user_id, notification.id.text(), std::move(text));
        ids.push_back(notification.id);
    }
    for (auto& command : commands) unpublished_.push_back(std::move(command));
    co_await publish();
    co_await repository_.mark_announced(std::move(ids));
}

awaitable<> Delivery::publish() {
    if (std::ssize(unpublished_) > max_unpublished)
        unpublished_.erase(unpublished_.begin(), unpublished_.end() - max_unpublished);
    // `make_up_for_lost_messages` comes back to them. Trying would send all of them through an outage at every push.
    if (!redis_.connected()) co_return;
    // Taken out while it is under way: nobody else sends the same.
    const auto commands = std::exchange(unpublished_, {});
    if (commands.empty()) co_return;
    std::string problem;
    try {
        co_await redis_.commands(commands);
    } catch (const Failure& failure) {
        problem = failure.error().detail;
    }
    if (problem.empty()) co_return;
    log::debug("notifications not published", {{"reason", problem}});
    // Kept: another instance may have Redis back, and have read the table for the last time, before we have it.
    unpublished_.insert(unpublished_.begin(), commands.begin(), commands.end());
}

void Delivery::receive(std::string_view message) {
    const auto space = message.find(' ');
    if (space == std::string_view::npos) return;
    const auto parsed = json::parse(message.substr(space + 1));
    const auto* object = parsed ? parsed->if_object() : nullptr;
    const auto* id = object != nullptr ? object->if_contains("id") : nullptr;
    if (id == nullptr || !id->is_string()) {
        log::warning("message on the notification channel is not one of ours", {});
        return;
    }
    auto text = std::make_shared<const std::string>(message.substr(space + 1));
    sockets_.deliver(UserId::trusted(std::string(message.substr(0, space))), json::view(id->get_string()), std::move(text));
}

awaitable<> Delivery::make_up_for_lost_messages() {
    auto complete_until = started_;
    while (true) {
        co_await pause_for(redis_check_interval);
        if (redis_.connected()) co_await publish();
        const bool connected = subscriber_.connected();
        if (connected && !redis_returned_) {
            complete_until = now();
            continue;
        }
        redis_returned_ = false;
        const auto read = co_await try_to_read_since(std::max(started_, complete_until - overlap));
        // Read once more when the database was away too.
        if (!read) redis_returned_ = true;
        if (connected && read) complete_until = now();
    }
}

awaitable<bool> Delivery::try_to_read_since(Timestamp since) {
    auto users = sockets_.users();
    if (users.empty()) co_return true;
    std::string problem;
    try {
        const auto missed = co_await repository_.sent_since(std::move(users), since, catch_up_limit);
        for (const auto& notification : missed) {
            auto text = std::make_shared<const std::string>(text_of(notification));
            sockets_.deliver(notification.user_id, notification.id.text(), std::move(text));
        }
        co_return true;
    } catch (const Failure& failure) {  // tried again a second later
        problem = failure.error().detail;
    }
    log::warning("missed notifications cannot be read", {{"reason", problem}});
    co_return false;
}

}  // namespace darkroom::notifications
