// Brings the stored events into order once, and hands them to every socket and stream that wants them.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/bus/sequencer.hpp"
#include "platform/http/websocket.hpp"
#include "platform/redis/subscriber.hpp"
#include "services/event_bus/domain/subscription.hpp"
#include "services/event_bus/event_sink.hpp"
#include "services/event_bus/events_repository.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <set>

namespace darkroom::event_bus {

/// Who is listening.
struct Viewer {
    Visibility visibility;
    /// Whose end ends the stream too.
    SessionId session{};
};

/// Open sockets and streams of this process.
struct Connections {
    std::int64_t websockets = 0;
    std::int64_t streams = 0;
};

class Hub {
public:
    Hub(Runtime& runtime, EventsRepository& repository, redis::Subscriber& subscriber);
    ~Hub();
    Hub(const Hub&) = delete;
    Hub& operator=(const Hub&) = delete;

    /// Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> run();
    /// From this process's writer: works without Redis, and is faster than it.
    void on_stored(const std::vector<bus::Envelope>& events);
    /// The head as the writer found it; what nobody was told of is read from the store.
    void on_head(std::int64_t position);

    /// Told of every stored event, once and in order. Must not throw.
    void on_event(std::function<void(const bus::Envelope&)> listener) { listener_ = std::move(listener); }

    /// Serves one socket until it closes.
    awaitable<> serve(Viewer viewer, http::WebSocket socket);
    /// The answer that streams what `request` asks for. Throws what Subscription::subscribe refuses, and unavailable
    /// ("log_unavailable") as long as the log cannot be read.
    awaitable<http::Response> open_stream(Viewer viewer, SubscribeRequest request);

    /// Of the clients who may see this user's events only; nullopt: of all.
    Connections connections(const std::optional<std::string>& only_user = std::nullopt) const;
    void close_ended(const std::function<bool(const SessionId&)>& is_ended);
    /// The process is going down: streams would not end by themselves.
    void close_streams();

private:
    class Session;
    class Membership;
    using Sessions = std::set<std::shared_ptr<Session>>;

    void on_message(std::string_view payload);
    void on_unstored(std::string_view payload);
    void drain();
    void broadcast(const bus::Envelope& event);
    awaitable<> find_start();
    awaitable<bool> wait_for_start();
    awaitable<> fetch();
    awaitable<> replay(std::shared_ptr<Session> session);
    /// False when a new subscription, or the end of the socket, has made the rest of the page pointless.
    static awaitable<bool> send_page(Session& session, const std::vector<bus::Envelope>& events);
    /// Waits until the socket's queue is short again; false when it has ended.
    static awaitable<bool> make_room(EventSink& sink);
    void join_live(Session& session);
    std::string answer(Session& session, std::string_view text) const;
    std::int64_t last() const { return sequencer_ ? sequencer_->last() : 0; }

    Runtime& runtime_;
    EventsRepository& repository_;
    redis::Subscriber& subscriber_;
    Notifier wake_;
    /// Empty until the head has been read for the first time.
    std::optional<bus::Sequencer> sequencer_;
    Notifier started_;
    std::function<void(const bus::Envelope&)> listener_;
    /// Shared: a stream's answer may outlive the hub by a moment.
    std::shared_ptr<Sessions> sessions_ = std::make_shared<Sessions>();
    /// The newest events, so that a replay can join a busy log.
    std::deque<bus::Envelope> recent_;
};

}  // namespace darkroom::event_bus
