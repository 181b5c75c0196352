// One request and its answer on a server connection, as the layers above see it: the endpoint router and the gateway's proxy.
#pragma once

#include "platform/http/body.hpp"
#include "platform/http/message.hpp"
#include "platform/http/response.hpp"
#include "platform/http/wire.hpp"

#include <functional>
#include <memory>
#include <stdexcept>

namespace darkroom::http {

/// A connection that left HTTP, and what the peer had already sent behind the head.
struct Upgraded {
    Wire wire;
    std::string received;
};

class Exchange {
public:
    virtual ~Exchange() = default;

    virtual const RequestHead& request() const = 0;
    /// Sends "100 Continue" by itself when the client waits for it and the body is first read.
    virtual BodyReader& body() = 0;
    virtual std::string_view peer_address() const = 0;
    /// Whether the peer is a process of this machine, by its address.
    virtual bool is_from_this_machine() const { return false; }
    /// Whether the client came by TLS.
    virtual bool is_encrypted() const { return false; }

    /// The whole answer. At most one of `respond` and `start` per exchange. HEAD and 304 send no body.
    virtual awaitable<> respond(Response response) = 0;

    /// Streaming: `start`, any number of `write`, `finish`. `length` nullopt: chunked (or close-delimited for HTTP/1.0).
    virtual awaitable<> start(ResponseHead head, std::optional<std::uint64_t> length) = 0;
    /// `start` and the first `write` in one system call, for a proxy that has the first piece with the head.
    virtual awaitable<> start_with(ResponseHead head, std::optional<std::uint64_t> length, std::string_view first) {
        co_await start(std::move(head), length);
        if (!first.empty()) co_await write(first);
    }
    virtual awaitable<> write(std::string_view piece) = 0;
    virtual awaitable<> finish() = 0;
    /// True once a status line is on its way: an error can then only be shown by closing the connection (`abort`).
    virtual bool started() const = 0;
    virtual void abort() = 0;

    /// Calls `gone` at most once, when the client closes its side or the connection fails while the answer is being made; not
    /// after this exchange has ended, and not for a client that has sent more. Meant for a request whose body has been read:
    /// whoever waits for somebody else on its behalf can stop.
    virtual void on_disconnect(std::function<void()> gone) = 0;

    /// Sends `head` (101) as it is and hands the socket over; the connection is over for HTTP.
    virtual awaitable<Upgraded> upgrade(ResponseHead head) = 0;
    /// Hands the socket over with nothing sent yet: who takes it answers the request.
    virtual Upgraded detach() { throw std::logic_error("this exchange has no connection of its own"); }
};

/// What a server serves. Called once per request, on the server's loop; may run for many connections at once.
/// An exception that leaves it is answered 500 (logged by the connection) or aborts a started answer.
class Handler {
public:
    virtual ~Handler() = default;
    virtual awaitable<> handle(Exchange& exchange) = 0;
};

}  // namespace darkroom::http
