#include "services/event_bus/hub.hpp"

#include "platform/async/deadline.hpp"
#include "platform/bus/consumer.hpp"
#include "platform/core/log.hpp"

#include <charconv>

namespace darkroom::event_bus {

namespace {

constexpr Milliseconds poll_with_redis = 10s;
constexpr Milliseconds poll_without_redis = 1s;
constexpr Milliseconds retry_interval = 200ms;
constexpr Milliseconds start_deadline = 5s;
constexpr std::int64_t page_size = 500;
constexpr std::size_t recent_limit = 2048;
/// A replay waits while more than this is queued for a socket, and gives the client up when that lasts `replay_patience`.
constexpr std::size_t replay_queue_bytes = 256 * 1024;
/// What a socket may be sent at once when its replay ends; the queue's bound (1 MiB) must hold it, however large its events.
constexpr std::size_t max_join_bytes = 512 * 1024;
constexpr Milliseconds replay_step = 5ms;
constexpr Milliseconds replay_patience = 30s;

std::string frame(std::string_view type, json::Object members) {
    members.emplace("type", boost::json::string(type));
    members.emplace("timestamp", to_rfc3339(now()));
    return json::serialize(members);
}

std::string error_frame(const Error& error) {
    return frame("error", {{"code", boost::json::string(error.code)}, {"message", error.detail}});
}

/// "<number> <rest>"
std::optional<std::int64_t> leading_number(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) return std::nullopt;
    return number;
}

}  // namespace

class Hub::Session {
public:
    Session(Visibility visibility, http::WebSocket socket_, std::int64_t head)
        : socket(std::move(socket_)), only_user(visibility.only_user), subscription(std::move(visibility), head) {}

    http::WebSocket socket;
    std::optional<std::string> only_user;
    Subscription subscription;
    bool replay_running = false;
};

Hub::Hub(Runtime& runtime, EventsRepository& repository, redis::Subscriber& subscriber)
    : runtime_(runtime),
      repository_(repository),
      subscriber_(subscriber),
      wake_(runtime.executor()),
      started_(runtime.executor()) {
    subscriber_.subscribe(bus::events_channel, [this](std::string_view payload) { on_message(payload); });
    subscriber_.subscribe(bus::live_channel, [this](std::string_view payload) { on_unstored(payload); });
    subscriber_.on_connected([this] {
        if (sequencer_) sequencer_->on_doubt();
        wake_.notify();
    });
    // Whoever waits for the long poll would otherwise notice only at its end.
    subscriber_.on_disconnected([this] {
        if (sequencer_) sequencer_->on_doubt();
        wake_.notify();
    });
}

Hub::~Hub() = default;

void Hub::on_message(std::string_view payload) {
    if (!sequencer_) return;
    if (payload.starts_with("H ")) {
        if (const auto head = leading_number(payload.substr(2))) sequencer_->on_head(*head);
    } else if (const auto space = payload.find(' '); space != std::string_view::npos) {
        if (auto event = bus::envelope_from_json(payload.substr(space + 1))) sequencer_->on_live(std::move(*event));
    }
    drain();
}

void Hub::on_stored(const std::vector<bus::Envelope>& events) {
    if (!sequencer_) return;
    for (const auto& event : events) sequencer_->on_live(event);
    drain();
}

void Hub::on_head(std::int64_t position) {
    if (!sequencer_) return;
    sequencer_->on_head(position);
    drain();
}

void Hub::on_unstored(std::string_view payload) {
    const auto event = bus::envelope_from_json(payload);
    if (!event) return;
    const auto text = std::make_shared<const std::string>(payload);
    for (const auto& session : sessions_) {
        if (session->subscription.wants_unstored(*event)) session->socket.send(text);
    }
}

void Hub::drain() {
    while (const auto* event = sequencer_->next()) {
        broadcast(*event);
        recent_.push_back(*event);
        if (recent_.size() > recent_limit) recent_.pop_front();
        sequencer_->applied(event->position);
    }
    if (sequencer_->must_fetch()) wake_.notify();
}

void Hub::broadcast(const bus::Envelope& event) {
    std::shared_ptr<const std::string> text;
    for (const auto& session : sessions_) {
        if (!session->subscription.offer_live(event)) continue;
        if (!text) text = std::make_shared<const std::string>(bus::to_json(event));
        session->socket.send(text);
    }
}

awaitable<> Hub::run() {
    co_await find_start();
    while (true) {
        drain();
        if (sequencer_->must_fetch()) {
            co_await fetch();
            continue;
        }
        co_await wake_.wait_for(subscriber_.connected() ? poll_with_redis : poll_without_redis);
        // Woken or not: without Redis nobody tells of what other instances store.
        if (!subscriber_.connected()) sequencer_->on_doubt();
    }
}

awaitable<> Hub::find_start() {
    while (!sequencer_) {
        bool away = false;
        try {
            const auto head = co_await repository_.head();
            sequencer_.emplace(head.position);
        } catch (const Failure&) {  // the database is away: asked again until it is back
            away = true;
        }
        if (away) co_await pause_for(retry_interval);
    }
    started_.notify();
}

awaitable<> Hub::fetch() {
    bool away = false;
    sequencer_->fetching();
    const auto after = sequencer_->last();
    try {
        auto page = co_await repository_.page(after, page_size);
        sequencer_->on_page(std::move(page));
    } catch (const Failure&) {  // as above
        away = true;
    }
    if (!away) co_return;
    sequencer_->on_doubt();
    co_await pause_for(retry_interval);
}

awaitable<> Hub::serve(Visibility visibility, http::WebSocket socket) {
    if (!sequencer_) co_await started_.wait_for(start_deadline);
    if (!sequencer_) {
        socket.close(http::CloseCode::try_again_later, "the log cannot be read yet");
        co_return;
    }
    const auto session = std::make_shared<Session>(std::move(visibility), socket, last());
    struct Membership {
        Membership(std::set<std::shared_ptr<Session>>& all, std::shared_ptr<Session> one)
            : sessions(all), session(std::move(one)) {
            sessions.insert(session);
        }
        ~Membership() { sessions.erase(session); }
        Membership(const Membership&) = delete;
        Membership& operator=(const Membership&) = delete;
        std::set<std::shared_ptr<Session>>& sessions;
        std::shared_ptr<Session> session;
    } const membership(sessions_, session);

    TaskGroup replays(runtime_.executor());
    session->socket.send(frame("connection", {{"message", "connected to the event stream"}, {"position", last()}}));
    while (true) {
        const auto text = co_await session->socket.receive();
        if (!text) break;
        answer(session, *text, replays);
    }
    co_await replays.stop(replay_patience);
}

void Hub::answer(const std::shared_ptr<Session>& session, const std::string& text, TaskGroup& replays) {
    const auto message = json::parse(text);
    const auto* object = message ? message->if_object() : nullptr;
    const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) {
        session->socket.send(error_frame({Kind::invalid, "invalid_message", "send a JSON object with a type"}));
        return;
    }
    if (type->get_string() == "ping") {
        session->socket.send(frame("pong", {}));
        return;
    }
    if (type->get_string() != "subscribe") {
        session->socket.send(error_frame({Kind::invalid, "unknown_type", "type: must be subscribe or ping"}));
        return;
    }
    auto request = json::decode<SubscribeRequest>(*message);
    if (!request) {
        session->socket.send(error_frame(request.error()));
        return;
    }
    const auto accepted = session->subscription.subscribe(std::move(*request), last());
    if (!accepted) {
        session->socket.send(error_frame(accepted.error()));
        return;
    }
    session->socket.send(frame("subscribed", {{"position", last()}}));
    if (session->subscription.replaying() && !session->replay_running) {
        session->replay_running = true;
        replays.spawn("replay", replay(session));
    }
}

awaitable<> Hub::replay(std::shared_ptr<Session> session) {
    auto& subscription = session->subscription;
    const EventFilter filter{.user_id = session->only_user};
    while (subscription.replaying() && session->socket.is_open()) {
        const auto asked_after = subscription.cursor();
        const auto head = last();
        std::vector<bus::Envelope> events;
        bool away = false;
        try {
            events = co_await repository_.after(filter, asked_after, page_size);
        } catch (const Failure&) {  // the database is away: the client waits, nothing is skipped
            away = true;
        }
        if (away) {
            co_await pause_for(retry_interval);
            continue;
        }
        // A new subscription may have moved the cursor while we read.
        if (subscription.cursor() != asked_after) continue;
        const bool sent = co_await send_page(*session, events);
        if (sent && std::ssize(events) < page_size) {
            subscription.replayed_until(head);
            join_live(*session);
        }
    }
    session->replay_running = false;
}

awaitable<bool> Hub::send_page(Session& session, const std::vector<bus::Envelope>& events) {
    auto& subscription = session.subscription;
    for (const auto& event : events) {
        if (session.socket.queued_bytes() > replay_queue_bytes) {
            const auto cursor = subscription.cursor();
            const bool room = co_await make_room(session.socket);
            if (!room || !subscription.replaying() || subscription.cursor() != cursor) co_return false;
        }
        if (subscription.offer_replayed(event)) session.socket.send(bus::to_json(event));
    }
    co_return true;
}

awaitable<bool> Hub::make_room(http::WebSocket socket) {
    const auto until = SteadyClock::now() + replay_patience;
    while (socket.is_open() && socket.queued_bytes() > replay_queue_bytes) {
        if (SteadyClock::now() > until)
            socket.close(http::CloseCode::try_again_later, "too slow to keep up; resume with after");
        co_await pause_for(replay_step);
    }
    co_return socket.is_open();
}

void Hub::join_live(Session& session) {
    auto& subscription = session.subscription;
    // What came while the last page was read is here, unless it was very much: then another page is read.
    const bool known =
        subscription.cursor() >= last() || (!recent_.empty() && recent_.front().position <= subscription.cursor() + 1);
    std::size_t bytes = session.socket.queued_bytes();
    for (const auto& event : recent_) {
        if (event.position > subscription.cursor()) bytes += event.data.size();
    }
    if (!known || bytes > max_join_bytes) return;
    for (const auto& event : recent_) {
        if (subscription.offer_replayed(event)) session.socket.send(bus::to_json(event));
    }
    subscription.caught_up();
}

}  // namespace darkroom::event_bus
