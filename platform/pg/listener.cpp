#include "platform/pg/listener.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "platform/pg/connection.hpp"
#include "platform/pg/url.hpp"

namespace darkroom::pg {

namespace {

constexpr Query keep_alive{"pg.keep_alive", "SELECT 1"};
constexpr Milliseconds keep_alive_interval = 15s;
constexpr Milliseconds reconnect_pause = 500ms;
/// A notification through a transaction pooler would wake somebody else.
constexpr Milliseconds look_interval = 250ms;

std::string quoted_identifier(std::string_view name) {
    std::string text = "\"";
    for (const char c : name) {
        if (c == '"') text += '"';
        text += c;
    }
    return text + '"';
}

void ignore(const Completion&) {}

}  // namespace

Listener::Listener(CpuPool& cpu, ListenerOptions options, Notifier& wake)
    : cpu_(cpu), options_(std::move(options)), server_(DatabaseUrl::parse(options_.url).direct), wake_(wake) {}

awaitable<> Listener::run() {
    if (server_.empty()) log::info("cannot listen through a pooler; looking instead", {{"channel", options_.channel}});
    while (server_.empty()) {
        co_await pause_for(look_interval);
        wake_.notify();
    }
    while (true) {
        std::string cause = "connection lost";
        try {
            co_await listen_once();
        } catch (const boost::system::system_error& error) {
            if (error.code() == net::error::operation_aborted) throw;
            cause = error.code().message();
        } catch (const std::exception& error) {
            cause = error.what();
        }
        log::warning("not listening", {{"channel", options_.channel}, {"error", cause}});
        co_await pause_for(reconnect_pause);
    }
}

awaitable<> Listener::listen_once() {
    const SessionOptions session{.url = server_, .connect_deadline = options_.connect_deadline};
    const auto connection = co_await Connection::open(cpu_, session);
    const OneShot<bool> closed(co_await net::this_coro::executor);
    const auto on_close = [closed] { closed.set(true); };
    const auto on_notification = [this] { wake_.notify(); };
    connection->on_close(on_close);
    connection->on_notification(on_notification);

    const auto listen = "LISTEN " + quoted_identifier(options_.channel);
    // What was notified before LISTEN took effect is lost, so everybody looks once.
    const auto on_listening = [this](const Completion&) { wake_.notify(); };
    connection->send({"pg.listen", listen}, {}, false, on_listening);
    while (connection->is_open()) {
        const auto ended = co_await closed.wait_for(keep_alive_interval);
        // A dead link shows only when something is sent: the connection gives itself up when this stays unanswered.
        if (!ended) connection->send(keep_alive, {}, false, &ignore);
    }
}

}  // namespace darkroom::pg
