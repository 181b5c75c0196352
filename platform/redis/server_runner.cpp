#include "platform/redis/server_runner.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"
#include "platform/redis/locate.hpp"

namespace darkroom::redis {

namespace {

constexpr std::size_t max_unsent_bytes = 64 * 1024 * 1024;

Milliseconds left_until(SteadyClock::time_point until) {
    return std::max(0ms, std::chrono::ceil<Milliseconds>(until - SteadyClock::now()));
}

/// A master that Sentinel has made a replica: the right one must be asked for.
bool is_demoted(const Parsed& parsed) {
    return parsed.error && parsed.error->starts_with("READONLY");
}

}  // namespace

ServerRunner::ServerRunner(Executor executor, CpuPool& cpu, ClientOptions options)
    : executor_(executor), cpu_(cpu), options_(std::move(options)), tasks_(executor), changed_(executor) {}

void ServerRunner::start() {
    tasks_.spawn("redis-client", stay_connected(shared_from_this()));
}

void ServerRunner::close() {
    closed_ = true;
    tasks_.cancel();
    if (const auto link = link_) link->close();
    changed_.notify();
}

bool ServerRunner::send(const std::vector<std::string>& words) {
    if (!ready_ || in_flight_.size() >= options_.max_in_flight || link_->unsent_bytes() > max_unsent_bytes) return false;
    in_flight_.emplace_back();
    link_->send(words);
    return true;
}

awaitable<std::vector<Parsed>> ServerRunner::run(std::vector<std::vector<std::string>> batch, SteadyClock::time_point until) {
    const auto self = shared_from_this();
    co_await wait_until_ready(until);
    std::vector<OneShot<Parsed>> answers;
    for (const auto& words : batch) {
        answers.emplace_back(executor_);
        in_flight_.emplace_back(answers.back());
        link_->send(words);
    }
    std::vector<Parsed> replies;
    for (const auto& answer : answers) {
        auto parsed = co_await answer.wait_for(left_until(until));
        // Whatever is behind it would time out too; the next connection tells whether Redis lives.
        if (link_ && (!parsed || is_demoted(*parsed))) link_->close();
        if (!parsed || parsed->lost) fail(redis_unavailable());
        replies.push_back(std::move(*parsed));
    }
    co_return replies;
}

awaitable<> ServerRunner::wait_until_ready(SteadyClock::time_point until) {
    while (!ready_) {
        const auto left = left_until(until);
        if (closed_ || last_attempt_failed_ || left == 0ms) fail(redis_unavailable());
        co_await changed_.wait_for(left);
    }
    if (in_flight_.size() >= options_.max_in_flight) fail(redis_unavailable());
}

void ServerRunner::on_reply(Parsed parsed) {
    if (in_flight_.empty()) return;
    const auto waiter = std::move(in_flight_.front());
    in_flight_.pop_front();
    if (waiter) waiter->set(std::move(parsed));
}

void ServerRunner::on_close() {
    ready_ = false;
    const auto lost = std::exchange(in_flight_, {});
    for (const auto& waiter : lost) {
        if (waiter) waiter->set(Parsed{.lost = true});
    }
}

awaitable<> ServerRunner::connect_once(std::shared_ptr<ServerRunner> self) {
    const auto& options = self->options_;
    const auto server = co_await locate_server(self->cpu_, options.url, self->attempts_++);
    const auto link = co_await Link::connect(self->cpu_, server, options.connect_deadline);
    self->link_ = link;
    const OneShot<bool> closed(self->executor_);
    const auto on_reply = [weak = self->weak_from_this()](Parsed parsed) {
        if (const auto runner = weak.lock()) runner->on_reply(std::move(parsed));
    };
    const auto on_close = [weak = self->weak_from_this(), closed] {
        if (const auto runner = weak.lock()) runner->on_close();
        closed.set(true);
    };
    link->start(on_reply, on_close);
    const auto greetings = link->greet(server);
    // A frozen server accepts connections too: only an answer shows that it lives.
    link->send({"PING"});
    const OneShot<Parsed> pong(self->executor_);
    for (std::size_t i = 0; i < greetings; ++i) self->in_flight_.emplace_back();
    self->in_flight_.emplace_back(pong);
    const auto answer = co_await pong.wait_for(options.connect_deadline);
    if (!answer || answer->lost || answer->error) {
        link->close();
        throw std::runtime_error(answer && answer->error ? *answer->error : "Redis does not answer");
    }
    self->ready_ = true;
    self->last_attempt_failed_ = false;
    self->changed_.notify();
    co_await closed.wait();
}

awaitable<> ServerRunner::stay_connected(std::shared_ptr<ServerRunner> self) {
    int failures = 0;
    while (!self->closed_) {
        std::string cause = "connection lost";
        bool had_been_ready = false;
        try {
            co_await connect_once(self);
            had_been_ready = true;
        } catch (const boost::system::system_error& error) {
            if (error.code() == net::error::operation_aborted) throw;
            cause = error.code().message();
        } catch (const std::exception& error) {
            cause = error.what();
        }
        if (self->closed_) break;
        failures = had_been_ready ? 0 : failures + 1;
        // Not while a lost connection is being replaced for the first time: that takes a moment only.
        self->last_attempt_failed_ = !had_been_ready;
        self->changed_.notify();
        // Once for each time it goes away, not for every attempt.
        if (failures <= 1) log::warning("Redis is away", {{"error", cause}});
        if (!had_been_ready) co_await pause_for(reconnect_pause(failures));
    }
}

}  // namespace darkroom::redis
