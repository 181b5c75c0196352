#include "platform/redis/client.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "platform/redis/link.hpp"

#include <deque>

namespace darkroom::redis {

class Client::Core : public std::enable_shared_from_this<Core> {
public:
    Core(Executor executor, CpuPool& cpu, ClientOptions options)
        : executor_(executor), cpu_(cpu), options_(std::move(options)), tasks_(executor), changed_(executor) {}

    void start() { tasks_.spawn("redis-client", stay_connected(shared_from_this())); }

    void close() {
        closed_ = true;
        tasks_.cancel();
        if (const auto link = link_) link->close();
        changed_.notify();
    }

    bool connected() const { return ready_; }

    bool send(const std::vector<std::string>& words) {
        if (!ready_ || in_flight_.size() >= options_.max_in_flight || link_->unsent_bytes() > max_unsent_bytes) return false;
        in_flight_.emplace_back();
        link_->send(words);
        return true;
    }

    static awaitable<std::vector<Reply>> run(std::shared_ptr<Core> core, std::vector<std::vector<std::string>> batch) {
        const auto until = SteadyClock::now() + core->options_.command_deadline;
        co_await core->wait_until_ready(until);
        std::vector<OneShot<Parsed>> answers;
        for (const auto& words : batch) {
            answers.emplace_back(core->executor_);
            core->in_flight_.emplace_back(answers.back());
            core->link_->send(words);
        }
        std::vector<Reply> replies;
        std::optional<std::string> first_error;
        for (const auto& answer : answers) {
            auto parsed = co_await answer.wait_for(left_until(until));
            // Whatever is behind it would time out too; the next connection tells whether Redis lives.
            if (!parsed && core->link_) core->link_->close();
            if (!parsed || parsed->lost) fail(redis_unavailable());
            if (parsed->error && !first_error) first_error = std::move(parsed->error);
            replies.push_back(std::move(parsed->reply));
        }
        if (first_error) throw CommandError(*first_error);
        co_return replies;
    }

    const ClientOptions& options() const { return options_; }

private:
    static constexpr std::size_t max_unsent_bytes = 64 * 1024 * 1024;

    static Milliseconds left_until(SteadyClock::time_point until) {
        return std::max(0ms, std::chrono::ceil<Milliseconds>(until - SteadyClock::now()));
    }

    awaitable<> wait_until_ready(SteadyClock::time_point until) {
        while (!ready_) {
            const auto left = left_until(until);
            if (closed_ || last_attempt_failed_ || left == 0ms) fail(redis_unavailable());
            co_await changed_.wait_for(left);
        }
        if (in_flight_.size() >= options_.max_in_flight) fail(redis_unavailable());
    }

    void on_reply(Parsed parsed) {
        if (in_flight_.empty()) return;
        const auto waiter = std::move(in_flight_.front());
        in_flight_.pop_front();
        if (waiter) waiter->set(std::move(parsed));
    }

    void on_close() {
        ready_ = false;
        const auto lost = std::exchange(in_flight_, {});
        for (const auto& waiter : lost) {
            if (waiter) waiter->set(Parsed{.lost = true});
        }
    }

    /// Returns when the connection has ended.
    static awaitable<> connect_once(std::shared_ptr<Core> core) {
        const auto& options = core->options_;
        const auto link = co_await Link::connect(core->cpu_, options.url, options.connect_deadline);
        core->link_ = link;
        const OneShot<bool> closed(core->executor_);
        const auto on_reply = [weak = core->weak_from_this()](Parsed parsed) {
            if (const auto self = weak.lock()) self->on_reply(std::move(parsed));
        };
        const auto on_close = [weak = core->weak_from_this(), closed] {
            if (const auto self = weak.lock()) self->on_close();
            closed.set(true);
        };
        link->start(on_reply, on_close);
        const auto greetings = link->greet(options.url);
        // A frozen server accepts connections too: only an answer shows that it lives.
        link->send({"PING"});
        const OneShot<Parsed> pong(core->executor_);
        for (std::size_t i = 0; i < greetings; ++i) core->in_flight_.emplace_back();
        core->in_flight_.emplace_back(pong);
        const auto answer = co_await pong.wait_for(options.connect_deadline);
        if (!answer || answer->lost || answer->error) {
            link->close();
            throw std::runtime_error(answer && answer->error ? *answer->error : "Redis does not answer");
        }
        core->ready_ = true;
        core->last_attempt_failed_ = false;
        core->changed_.notify();
        co_await closed.wait();
    }

    static awaitable<> stay_connected(std::shared_ptr<Core> core) {
        int failures = 0;
        while (!core->closed_) {
            std::string cause = "connection lost";
            bool had_been_ready = false;
            try {
                co_await connect_once(core);
                had_been_ready = true;
            } catch (const boost::system::system_error& error) {
                if (error.code() == net::error::operation_aborted) throw;
                cause = error.code().message();
            } catch (const std::exception& error) {
                cause = error.what();
            }
            if (core->closed_) break;
            failures = had_been_ready ? 0 : failures + 1;
            // Not while a lost connection is being replaced for the first time: that takes a moment only.
            core->last_attempt_failed_ = !had_been_ready;
            core->changed_.notify();
            // Once for each time it goes away, not for every attempt.
            if (failures <= 1) log::warning("Redis is away", {{"error", cause}});
            if (!had_been_ready) co_await pause_for(reconnect_pause(failures));
        }
    }

    Executor executor_;
    CpuPool& cpu_;
    ClientOptions options_;
    TaskGroup tasks_;
    Notifier changed_;
    std::shared_ptr<Link> link_;
    /// In the order of the commands; empty for those whose answer nobody wants.
    std::deque<std::optional<OneShot<Parsed>>> in_flight_;
    /// Connected and greeted.
    bool ready_ = false;
    bool last_attempt_failed_ = false;
    bool closed_ = false;
};

Client::Client(Executor executor, CpuPool& cpu, ClientOptions options)
    : core_(std::make_shared<Core>(executor, cpu, std::move(options))) {
    core_->start();
}

Client::~Client() {
    core_->close();
}

awaitable<std::vector<Reply>> Client::commands(std::vector<std::vector<std::string>> batch) {
    return Core::run(core_, std::move(batch));
}

namespace {

awaitable<Reply> only_reply(awaitable<std::vector<Reply>> running) {
    auto replies = co_await std::move(running);
    co_return std::move(replies.front());
}

awaitable<bool> answers(awaitable<std::vector<Reply>> running) {
    try {
        co_await std::move(running);
        co_return true;
    } catch (const Failure&) {  // away: that is the answer
    } catch (const CommandError&) {
    }
    co_return false;
}

std::vector<std::vector<std::string>> batch_of(std::vector<std::string> words) {
    std::vector<std::vector<std::string>> batch;
    batch.push_back(std::move(words));
    return batch;
}

}  // namespace

awaitable<Reply> Client::command(std::vector<std::string> words) {
    return only_reply(commands(batch_of(std::move(words))));
}

bool Client::send(std::vector<std::string> words) {
    return core_->send(words);
}

bool Client::connected() const {
    return core_->connected();
}

awaitable<bool> Client::healthy() {
    return answers(commands(batch_of({"PING"})));
}

}  // namespace darkroom::redis
