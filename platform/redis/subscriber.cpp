#include "platform/redis/subscriber.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "platform/redis/link.hpp"
#include "platform/redis/locate.hpp"

#include <map>

namespace darkroom::redis {

class Subscriber::Core : public std::enable_shared_from_this<Core> {
public:
    Core(Executor executor, CpuPool& cpu, SubscriberOptions options)
        : executor_(executor), cpu_(cpu), options_(std::move(options)), tasks_(executor) {}

    void start() {
        if (!std::exchange(started_, true)) tasks_.spawn("redis-subscriber", stay_connected(shared_from_this()));
    }

    void close() {
        closed_ = true;
        tasks_.cancel();
        channels_.clear();
        on_connected_.clear();
        on_disconnected_.clear();
        if (const auto link = link_) link->close();
    }

    void subscribe(std::string channel, OnMessage on_message) {
        auto& callbacks = channels_[channel];
        callbacks.push_back(std::move(on_message));
        if (callbacks.size() > 1 || !link_ || !link_->is_open()) return;
        connected_ = false;
        ++unconfirmed_;
        link_->send({"SUBSCRIBE", std::move(channel)});
    }

    void on_connected(std::function<void()> callback) { on_connected_.push_back(std::move(callback)); }
    void on_disconnected(std::function<void()> callback) { on_disconnected_.push_back(std::move(callback)); }
    bool connected() const { return connected_; }

private:
    void on_reply(const Parsed& parsed) {
        last_received_ = SteadyClock::now();
        if (parsed.error) {
            log::warning("Redis refused the subscription", {{"error", *parsed.error}});
            link_->close();
            return;
        }
        const auto* parts = std::get_if<Reply::Array>(&parsed.reply.value);
        if (parts == nullptr || parts->empty() || !parts->front().is_text()) return;
        const auto& kind = parts->front().text();
        if (kind == "message" && parts->size() == 3) {
            deliver((*parts)[1].text(), (*parts)[2].text());
        } else if (kind == "subscribe") {
            on_confirmation();
        }
    }

    void deliver(const std::string& channel, const std::string& payload) {
        const auto found = channels_.find(channel);
        if (found == channels_.end()) return;
        for (const auto& callback : found->second) callback(payload);
    }

    void on_confirmation() {
        if (unconfirmed_ == 0 || --unconfirmed_ > 0) return;
        connected_ = true;
        for (const auto& callback : on_connected_) callback();
    }

    void on_close() {
        unconfirmed_ = 0;
        if (!std::exchange(connected_, false)) return;
        for (const auto& callback : on_disconnected_) callback();
    }

    /// Returns when the connection has ended; true if it had been confirmed.
    static awaitable<bool> connect_once(std::shared_ptr<Core> core) {
        const auto& options = core->options_;
        const auto server = co_await locate_server(core->cpu_, options.url, core->attempts_++);
        const auto link = co_await Link::connect(core->cpu_, server, options.connect_deadline);
        core->link_ = link;
        const OneShot<bool> closed(core->executor_);
        const auto on_reply = [weak = core->weak_from_this()](const Parsed& parsed) {
            if (const auto self = weak.lock()) self->on_reply(parsed);
        };
        const auto on_close = [weak = core->weak_from_this(), closed] {
            if (const auto self = weak.lock()) self->on_close();
            closed.set(true);
        };
        link->start(on_reply, on_close);
        link->greet(server);
        core->last_received_ = SteadyClock::now();
        core->unconfirmed_ = core->channels_.size();
        for (const auto& [channel, callbacks] : core->channels_) link->send({"SUBSCRIBE", channel});

        bool was_confirmed = false;
        while (link->is_open()) {
            was_confirmed = was_confirmed || core->connected_;
            co_await closed.wait_for(options.silence);
            was_confirmed = was_confirmed || core->connected_;
            const auto silent_for = SteadyClock::now() - core->last_received_;
            if (!was_confirmed || silent_for > 3 * options.silence) link->close();
            if (silent_for >= options.silence) link->send({"PING"});
        }
        co_return was_confirmed;
    }

    static awaitable<> stay_connected(std::shared_ptr<Core> core) {
        int failures = 0;
        while (!core->closed_) {
            std::string cause = "connection lost";
            bool was_confirmed = false;
            try {
                was_confirmed = co_await connect_once(core);
            } catch (const boost::system::system_error& error) {
                if (error.code() == net::error::operation_aborted) throw;
                cause = error.code().message();
            } catch (const std::exception& error) {
                cause = error.what();
            }
            if (core->closed_) break;
            failures = was_confirmed ? 0 : failures + 1;
            if (failures <= 1) log::warning("Redis subscription is away", {{"error", cause}});
            co_await pause_for(reconnect_pause(failures));
        }
    }

    Executor executor_;
    CpuPool& cpu_;
    SubscriberOptions options_;
    TaskGroup tasks_;
    std::shared_ptr<Link> link_;
    std::map<std::string, std::vector<OnMessage>> channels_;
    std::vector<std::function<void()>> on_connected_;
    std::vector<std::function<void()>> on_disconnected_;
    std::size_t unconfirmed_ = 0;
    std::size_t attempts_ = 0;
    SteadyClock::time_point last_received_{};
    bool connected_ = false;
    bool started_ = false;
    bool closed_ = false;
};

Subscriber::Subscriber(Executor executor, CpuPool& cpu, SubscriberOptions options)
    : core_(std::make_shared<Core>(executor, cpu, std::move(options))) {}

Subscriber::~Subscriber() {
    core_->close();
}

void Subscriber::subscribe(std::string channel, OnMessage on_message) {
    core_->subscribe(std::move(channel), std::move(on_message));
}

void Subscriber::on_connected(std::function<void()> callback) {
    core_->on_connected(std::move(callback));
}

void Subscriber::on_disconnected(std::function<void()> callback) {
    core_->on_disconnected(std::move(callback));
}

void Subscriber::start() {
    core_->start();
}

bool Subscriber::connected() const {
    return core_->connected();
}

}  // namespace darkroom::redis
