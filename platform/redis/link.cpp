#include "platform/redis/link.hpp"

#include "platform/async/deadline.hpp"
#include "platform/async/resolve.hpp"
#include "platform/core/log.hpp"

#include <algorithm>
#include <random>

namespace darkroom::redis {

namespace {

using Endpoint = net::generic::stream_protocol::endpoint;

awaitable<std::vector<Endpoint>> endpoints_of(CpuPool& cpu, const Url& url) {
    std::vector<Endpoint> endpoints;
    if (!url.path.empty()) {
        endpoints.emplace_back(net::local::stream_protocol::endpoint(url.path));
        co_return endpoints;
    }
    const auto addresses = co_await resolve_host(cpu, url.host);
    for (const auto& address : addresses) {
        endpoints.emplace_back(net::ip::tcp::endpoint(net::ip::make_address(address), url.port));
    }
    co_return endpoints;
}

awaitable<std::shared_ptr<Link>> connect_to_any(CpuPool& cpu, Url url) {
    const auto endpoints = co_await endpoints_of(cpu, url);
    const auto executor = co_await net::this_coro::executor;
    boost::system::error_code last = net::error::host_not_found;
    for (const auto& endpoint : endpoints) {
        AnySocket socket(executor);
        const auto [error] = co_await socket.async_connect(endpoint, as_result);
        last = error;
        if (error) continue;
        boost::system::error_code not_tcp;
        socket.set_option(net::ip::tcp::no_delay(true), not_tcp);
        co_return std::make_shared<Link>(std::move(socket));
    }
    throw boost::system::system_error(last);
}

}  // namespace

awaitable<std::shared_ptr<Link>> Link::connect(CpuPool& cpu, Url url, Milliseconds deadline) {
    return with_deadline(deadline, "connecting to Redis", connect_to_any(cpu, std::move(url)));
}

Link::Link(AnySocket socket) : socket_(std::move(socket)) {}

void Link::start(OnReply on_reply, std::function<void()> on_close) {
    on_reply_ = std::move(on_reply);
    on_close_ = std::move(on_close);
    read();
}

std::size_t Link::greet(const Url& url) {
    std::size_t replies = 0;
    if (!url.password.empty()) {
        std::vector<std::string> words{"AUTH"};
        if (!url.user.empty()) words.push_back(url.user);
        words.emplace_back(url.password.reveal());
        send(words);
        ++replies;
    }
    if (url.database != 0) {
        send({"SELECT", std::to_string(url.database)});
        ++replies;
    }
    return replies;
}

void Link::send(const std::vector<std::string>& words) {
    if (!open_) return;
    waiting_ += format_command(words);
    write_soon();
}

void Link::close() {
    if (!std::exchange(open_, false)) return;
    boost::system::error_code ignored;
    socket_.close(ignored);
    on_reply_ = nullptr;
    if (const auto callback = std::exchange(on_close_, nullptr)) callback();
}

void Link::read() {
    const auto on_read = [self = shared_from_this()](boost::system::error_code error, std::size_t count) {
        if (!self->open_) return;
        if (error) {
            self->close();
        } else {
            self->on_bytes(count);
        }
    };
    socket_.async_read_some(net::buffer(buffer_), on_read);
}

void Link::on_bytes(std::size_t count) {
    try {
        reader_.feed({buffer_.data(), count});
        while (auto reply = reader_.next()) {
            // A copy: a callback may close this link.
            if (const auto callback = on_reply_) callback(std::move(*reply));
        }
    } catch (const std::runtime_error& error) {  // not Redis at the other end
        log::warning("not the Redis protocol", {{"error", error.what()}});
        close();
    }
    if (open_) read();
}

void Link::write_soon() {
    if (std::exchange(write_scheduled_, true)) return;
    const auto write_now = [self = shared_from_this()] { self->write(); };
    net::post(socket_.get_executor(), write_now);
}

void Link::write() {
    if (!open_ || waiting_.empty()) {
        write_scheduled_ = false;
        return;
    }
    writing_ = std::exchange(waiting_, {});
    const auto on_written = [self = shared_from_this()](boost::system::error_code error, std::size_t) {
        self->writing_.clear();
        if (error) {
            self->close();
        } else {
            self->write();
        }
    };
    net::async_write(socket_, net::buffer(writing_), on_written);
}

Milliseconds reconnect_pause(int failures) {
    static thread_local std::minstd_rand random{std::random_device{}()};
    const auto ceiling = std::min<std::int64_t>(2000, std::int64_t{100} << std::min(failures, 5));
    return Milliseconds{std::uniform_int_distribution<std::int64_t>{ceiling / 2, ceiling}(random)};
}

Error redis_unavailable() {
    return {Kind::unavailable, "redis_unavailable", "Redis cannot be reached; try again shortly", {}, Seconds{1}};
}

}  // namespace darkroom::redis
