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
    enum class Kind { socket, stream };

    Session(Kind kind_, Viewer viewer, std::unique_ptr<EventSink> sink_, std::int64_t head)
        : kind(kind_),
          sink(std::move(sink_)),
          session(std::move(viewer.session)),
          only_user(viewer.visibility.only_user),
          subscription(std::move(viewer.visibility), head) {}

    void send(const bus::Envelope& event) const { sink->send(event, std::make_shared<const std::string>(bus::to_json(event))); }

    Kind kind;
    std::unique_ptr<EventSink> sink;
    SessionId session;
    std::optional<std::string> only_user;
    Subscription subscription;
    bool replay_running = false;
};

/// In the hub's set for as long as this lives.
class Hub::Membership {
public:
    Membership(const std::shared_ptr<Sessions>& all, std::shared_ptr<Session> one) : sessions_(all), session_(std::move(one)) {
        all->insert(session_);
    }
    ~Membership() {
        if (const auto all = sessions_.lock()) all->erase(session_);
    }
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;

private:
    std::weak_ptr<Sessions> sessions_;
    std::shared_ptr<Session> session_;
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
    for (const auto& session : *sessions_) {
        if (session->subscription.wants_unstored(*event)) session->sink->send(*event, text);
    }
}

void Hub::drain() {
    while (const auto* event = sequencer_->next()) {
        broadcast(*event);
        if (listener_) listener_(*event);
        recent_.push_back(*event);
        if (recent_.size() > recent_limit) recent_.pop_front();
        sequencer_->applied(event->position);
    }
    if (sequencer_->must_fetch()) wake_.notify();
}

void Hub::broadcast(const bus::Envelope& event) {
    std::shared_ptr<const std::string> text;
    for (const auto& session : *sessions_) {
        if (!session->subscription.offer_live(event)) continue;
        if (!text) text = std::make_shared<const std::string>(bus::to_json(event));
        session->sink->send(event, text);
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

awaitable<bool> Hub::wait_for_start() {
    if (!sequencer_) co_await started_.wait_for(start_deadline);
    co_return sequencer_.has_value();
}

awaitable<> Hub::serve(Viewer viewer, http::WebSocket socket) {
    const bool readable = co_await wait_for_start();
    if (!readable) {
        socket.close(http::CloseCode::try_again_later, "the log cannot be read yet");
        co_return;
    }
    const auto session =
        std::make_shared<Session>(Session::Kind::socket, std::move(viewer), std::make_unique<SocketSink>(socket), last());
    const Membership membership(sessions_, session);
    TaskGroup replays(runtime_.executor());
    socket.send(frame("connection", {{"message", "connected to the event stream"}, {"position", last()}}));
    while (true) {
        const auto text = co_await socket.receive();
        if (!text) break;
        socket.send(answer(*session, *text));
        auto& subscription = session->subscription;
        if (subscription.replaying() && !session->replay_running) {
            session->replay_running = true;
            replays.spawn("replay", replay(session));
        }
    }
    co_await replays.stop(replay_patience);
}

std::string Hub::answer(Session& session, std::string_view text) const {
    const auto message = json::parse(text);
    const auto* object = message ? message->if_object() : nullptr;
    const auto* type = object != nullptr ? object->if_contains("type") : nullptr;
    if (type == nullptr || !type->is_string()) {
        return error_frame({Kind::invalid, "invalid_message", "send a JSON object with a type"});
    }
    if (type->get_string() == "ping") return frame("pong", {});
    if (type->get_string() != "subscribe") {
        return error_frame({Kind::invalid, "unknown_type", "type: must be subscribe or ping"});
    }
    auto request = json::decode<SubscribeRequest>(*message);
    if (!request) return error_frame(request.error());
    const auto accepted = session.subscription.subscribe(std::move(*request), last());
    if (!accepted) return error_frame(accepted.error());
    return frame("subscribed", {{"position", last()}});
}

awaitable<http::Response> Hub::open_stream(Viewer viewer, SubscribeRequest request) {
    const bool readable = co_await wait_for_start();
    if (!readable) fail({Kind::unavailable, "log_unavailable", "the log cannot be read yet", {}, Seconds{1}});
    const http::EventStream stream(runtime_.executor());
    const auto session =
        std::make_shared<Session>(Session::Kind::stream, std::move(viewer), std::make_unique<StreamSink>(stream), last());
    auto& subscription = session->subscription;
    subscription.subscribe(std::move(request), last()).value();
    // Whoever is cut off before the first event comes again from here, not from wherever the log is by then.
    stream.stand_at(std::to_string(subscription.cursor()));
    stream.on_heartbeat([weak = std::weak_ptr(session)] {
        const auto alive = weak.lock();
        const bool settled = alive && !alive->subscription.replaying();
        return settled ? std::to_string(alive->subscription.cursor()) : std::string();
    });
    auto response = stream.response(std::make_shared<Membership>(sessions_, session));
    if (subscription.replaying()) {
        session->replay_running = true;
        runtime_.tasks().spawn("replay", replay(session));
    }
    co_return response;
}

Connections Hub::connections(const std::optional<std::string>& only_user) const {
    Connections count;
    for (const auto& session : *sessions_) {
        if (only_user && session->only_user != only_user) continue;
        ++(session->kind == Session::Kind::socket ? count.websockets : count.streams);
    }
    return count;
}

void Hub::close_ended(const std::function<bool(const SessionId&)>& is_ended) {
    for (const auto& session : *sessions_) {
        if (!session->session.empty() && is_ended(session->session)) {
            session->sink->close(http::CloseCode::policy, "the session has been ended");
        }
    }
}

void Hub::close_streams() {
    for (const auto& session : *sessions_) {
        if (session->kind == Session::Kind::stream) {
            session->sink->close(http::CloseCode::going_away, "the service is shutting down");
        }
    }
}

awaitable<> Hub::replay(std::shared_ptr<Session> session) {
    auto& subscription = session->subscription;
    const EventFilter filter{.user_id = session->only_user};
    while (subscription.replaying() && session->sink->is_open()) {
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
        if (session.sink->queued_bytes() > replay_queue_bytes) {
            const auto cursor = subscription.cursor();
            const bool room = co_await make_room(*session.sink);
            if (!room || !subscription.replaying() || subscription.cursor() != cursor) co_return false;
        }
        if (subscription.offer_replayed(event)) session.send(event);
    }
    co_return true;
}

awaitable<bool> Hub::make_room(EventSink& sink) {
    const auto until = SteadyClock::now() + replay_patience;
    while (sink.is_open() && sink.queued_bytes() > replay_queue_bytes) {
        if (SteadyClock::now() > until) {
            sink.close(http::CloseCode::try_again_later, "too slow to keep up; resume with after");
        }
        co_await pause_for(replay_step);
    }
    co_return sink.is_open();
}

void Hub::join_live(Session& session) {
    auto& subscription = session.subscription;
    // What came while the last page was read is here, unless it was very much: then another page is read.
    const bool known =
        subscription.cursor() >= last() || (!recent_.empty() && recent_.front().position <= subscription.cursor() + 1);
    std::size_t bytes = session.sink->queued_bytes();
    for (const auto& event : recent_) {
        if (event.position > subscription.cursor()) bytes += event.data.size();
    }
    if (!known || bytes > max_join_bytes) return;
    for (const auto& event : recent_) {
        if (subscription.offer_replayed(event)) session.send(event);
    }
    subscription.caught_up();
}

}  // namespace darkroom::event_bus
