// Brings the stored events into order once, and hands them to every socket that wants them.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/bus/sequencer.hpp"
#include "platform/http/websocket.hpp"
#include "platform/redis/subscriber.hpp"
#include "services/event_bus/domain/subscription.hpp"
#include "services/event_bus/events_repository.hpp"

#include <deque>
#include <memory>
#include <set>

namespace darkroom::event_bus {

class Hub {
public:
    Hub(Runtime& runtime, EventsRepository& repository, redis::Subscriber& subscriber);
    ~Hub();

    /// Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> run();
    /// From this process's writer: works without Redis, and is faster than it.
    void on_stored(const std::vector<bus::Envelope>& events);
    /// The head as the writer found it; what nobody was told of is read from the store.
    void on_head(std::int64_t position);

    /// Serves one socket until it closes.
    awaitable<> serve(Visibility visibility, http::WebSocket socket);
    std::size_t connections() const { return sessions_.size(); }

private:
    class Session;

    void on_message(std::string_view payload);
    void on_unstored(std::string_view payload);
    void drain();
    void broadcast(const bus::Envelope& event);
    awaitable<> find_start();
    awaitable<> fetch();
    awaitable<> replay(std::shared_ptr<Session> session);
    /// False when a new subscription, or the end of the socket, has made the rest of the page pointless.
    static awaitable<bool> send_page(Session& session, const std::vector<bus::Envelope>& events);
    /// Waits until the socket's queue is short again; false when it has ended.
    static awaitable<bool> make_room(http::WebSocket socket);
    void join_live(Session& session);
    void answer(const std::shared_ptr<Session>& session, const std::string& text, TaskGroup& replays);
    std::int64_t last() const { return sequencer_ ? sequencer_->last() : 0; }

    Runtime& runtime_;
    EventsRepository& repository_;
    redis::Subscriber& subscriber_;
    Notifier wake_;
    /// Empty until the head has been read for the first time.
    std::optional<bus::Sequencer> sequencer_;
    Notifier started_;
    std::set<std::shared_ptr<Session>> sessions_;
    /// The newest events, so that a replay can join a busy log.
    std::deque<bus::Envelope> recent_;
};

}  // namespace darkroom::event_bus
