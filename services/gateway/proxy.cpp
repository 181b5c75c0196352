#include "services/gateway/proxy.hpp"

#include "services/gateway/client_watch.hpp"
#include "services/gateway/companion.hpp"
#include "services/gateway/domain/errors.hpp"
#include "services/gateway/json_exchange.hpp"

#include <algorithm>
#include <array>

namespace darkroom::gateway {

namespace {

/// How often a connection is tried where there is one instance: a service that restarts is back within a moment, and nothing
/// was sent yet.
constexpr std::size_t least_attempts = 2;

/// Sent whole before the answer is looked for. Larger ones need both directions at once: the answer may come early.
constexpr std::uint64_t small_body = 16 * 1024;

/// RFC 9110 §9.2.2, as far as we know the methods.
bool is_idempotent(std::string_view method) {
    constexpr std::array<std::string_view, 5> methods{"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    return std::ranges::find(methods, method) != methods.end();
}

/// The client is told which service failed, not at which address or how.
Error told_to_client(const Error& error, std::string_view service) {
    switch (error.kind) {
        case Kind::unavailable: return upstream_unavailable(service);
        case Kind::timed_out: return upstream_timeout(service);
        default: return upstream_failed(service);
    }
}

/// What the two sides of a request with a body know of each other.
struct Upload {
    http::Exchange& exchange;
    ClientWatch& watch;
    Passage& passage;
    std::exception_ptr client_error{};
    http::ResponseHead answer{};
};

awaitable<> receive_head(http::ClientStream& upstream, Upload& upload) {
    upload.answer = co_await upstream.response();
}

/// Ends without an error when the client is at fault; then nobody need wait for an answer any longer. When the upstream takes
/// no more, its answer decides: it may have sent 413 and closed.
awaitable<> send_body(http::ClientStream& upstream, Upload& upload, const Companion& answer) {
    auto& body = upload.exchange.body();
    while (true) {
        std::optional<std::string_view> piece;
        try {
            piece = co_await body.read();
        } catch (...) {  // told apart from a failing upstream
            upload.client_error = std::current_exception();
        }
        if (upload.client_error) {
            answer.cancel();
            co_return;
        }
        if (!piece) break;
        upload.passage.received += piece->size();
        co_await upstream.write(*piece);
    }
    co_await upstream.finish();
    upload.watch.begin(upload.exchange);
}

/// A body that fits into any socket's buffer: nobody can be kept waiting by it.
awaitable<> send_small_body(http::Exchange& exchange, http::ClientStream& upstream, Passage& passage) {
    while (const auto piece = co_await exchange.body().read()) {
        passage.received += piece->size();
        try {
            co_await upstream.write(*piece);
        } catch (const Failure&) {  // the answer, or that there is none, says it better
            co_return;
        }
    }
}

/// Rethrows an upstream's failure as what the client is told; anything else as it is.
[[noreturn]] void rethrow_for(const std::exception_ptr& error, std::string_view service) {
    try {
        std::rethrow_exception(error);
    } catch (const Failure& failure) {  // hides addresses
        fail(told_to_client(failure.error(), service));
    }
}

bool is_unavailable(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const Failure& failure) {  // only asks for the kind
        return failure.error().kind == Kind::unavailable;
    } catch (...) {  // a cancellation, say
        return false;
    }
}

}  // namespace

Proxy::Proxy(http::Client& client, Upstreams& upstreams) : client_(client), upstreams_(upstreams) {}

awaitable<> Proxy::pass(http::Exchange& exchange, const Route& route, const Forwarded& forwarded, Passage& passage) {
    if (route.request_json.empty() && route.response_json.empty()) {
        co_await pass_as_it_is(exchange, route, forwarded, passage);
        co_return;
    }
    JsonExchange changed(exchange, route);
    co_await changed.prepare();
    co_await pass_as_it_is(changed, route, forwarded, passage);
}

awaitable<> Proxy::pass_as_it_is(http::Exchange& exchange, const Route& route, const Forwarded& forwarded, Passage& passage) {
    const auto& request = exchange.request();
    const auto length = request.content_length;
    if (length && *length > route.body_limit) fail(body_too_large(route.body_limit));
    auto head = upstream_head(request, forwarded);
    rewrite_for(route, request, head);
    passage.response_headers = &route.response_headers;
    if (length && *length <= small_body) {
        co_await pass_in_turn(exchange, route, head, passage);
    } else {
        exchange.body().limit(route.body_limit);
        co_await pass_both_ways(exchange, route, head, passage);
    }
}

awaitable<std::unique_ptr<http::ClientStream>> Proxy::open(const Route& route, http::RequestHead head,
                                                           std::optional<std::uint64_t> length) {
    auto& upstream = upstreams_.of(route.upstream);
    const auto attempts = std::max(upstream.instances().size(), least_attempts);
    std::exception_ptr error;
    for (std::size_t attempt = 0; attempt < attempts; ++attempt) {
        const auto instance = upstream.balancer().pick(SteadyClock::now());
        const auto origin = origin_of(*instance);
        std::unique_ptr<http::ClientStream> stream;
        try {
            stream = co_await client_.start(origin, head, length);
        } catch (...) {  // the next instance may answer
            error = std::current_exception();
        }
        if (stream) {
            instance->succeeded();
            co_return stream;
        }
        // Nothing was sent when no connection came about; anything else must not be repeated.
        if (!is_unavailable(error)) break;
        instance->failed(SteadyClock::now());
    }
    rethrow_for(error, route.upstream);
}

awaitable<> Proxy::pass_in_turn(http::Exchange& exchange, const Route& route, const http::RequestHead& head, Passage& passage) {
    const auto length = exchange.request().content_length;
    ClientWatch watch(co_await net::this_coro::executor);
    for (bool may_repeat = length == 0 && is_idempotent(head.method);; may_repeat = false) {
        auto upstream = co_await open(route, head, length);
        watch.set_upstream(upstream.get());
        if (length != 0) co_await send_small_body(exchange, *upstream, passage);
        std::exception_ptr error;
        bool answered = false;
        try {
            co_await upstream->finish();
            watch.begin(exchange);
            auto answer = co_await upstream->response();
            answered = true;
            co_await relay(exchange, *upstream, std::move(answer), passage);
            co_await exchange.finish();
        } catch (...) {  // a connection that died while it was idle is worth a second try
            error = std::current_exception();
        }
        watch.set_upstream(nullptr);
        if (watch.client_is_gone()) co_return exchange.abort();
        if (!error) co_return;
        if (answered) std::rethrow_exception(error);
        if (!may_repeat || !upstream->failed_before_response()) rethrow_for(error, route.upstream);
    }
}

awaitable<> Proxy::pass_both_ways(http::Exchange& exchange, const Route& route, const http::RequestHead& head,
                                  Passage& passage) {
    const auto executor = co_await net::this_coro::executor;
    auto upstream = co_await open(route, head, exchange.request().content_length);
    ClientWatch watch(executor);
    watch.set_upstream(upstream.get());
    Upload upload{exchange, watch, passage};
    const Companion answer(executor, receive_head(*upstream, upload));
    const Companion sender(executor, send_body(*upstream, upload, answer));
    std::exception_ptr error;
    try {
        co_await answer.wait();
        if (!answer.error()) co_await relay(exchange, *upstream, std::move(upload.answer), passage);
    } catch (...) {  // the companions must end first
        error = std::current_exception();
    }
    // Whatever the client still wanted to send after the answer, nobody reads. Both use this frame: they end before it does.
    co_await net::this_coro::throw_if_cancelled(false);
    co_await sender.end();
    co_await answer.end();
    co_await net::this_coro::throw_if_cancelled(true);
    if (watch.client_is_gone()) co_return exchange.abort();
    if (error) std::rethrow_exception(error);
    if (!answer.error()) {
        co_await exchange.finish();
        co_return;
    }
    if (upload.client_error) std::rethrow_exception(upload.client_error);
    rethrow_for(answer.error(), route.upstream);
}

awaitable<> Proxy::relay(http::Exchange& exchange, http::ClientStream& upstream, http::ResponseHead head, Passage& passage) {
    passage.status = head.status;
    auto told = client_head(head);
    if (passage.response_headers != nullptr) passage.response_headers->apply(told.headers);
    const auto length = upstream.response_length();
    std::optional<std::string_view> piece;
    // A sized answer follows its head closely and shares its packet; an endless one may let its first piece wait for hours.
    const bool together = length.has_value();
    if (together) {
        piece = co_await upstream.body().read();
        const auto first = piece.value_or(std::string_view{});
        passage.sent += first.size();
        co_await exchange.start_with(std::move(told), length, first);
    } else {
        co_await exchange.start(std::move(told), length);
    }
    while (piece || !together) {
        piece = co_await upstream.body().read();
        if (!piece) break;
        co_await exchange.write(*piece);
        passage.sent += piece->size();
    }
}

}  // namespace darkroom::gateway
