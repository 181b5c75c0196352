// Passes one request to its upstream and the answer back, both streamed piece by piece: nothing is held that the other side
// has not asked for.
#pragma once

#include "platform/http/client.hpp"
#include "platform/http/exchange.hpp"
#include "services/gateway/domain/header_rules.hpp"
#include "services/gateway/domain/route_table.hpp"
#include "services/gateway/upstreams.hpp"

namespace darkroom::gateway {

/// What became of a request, for log and metrics; filled in while it happens.
struct Passage {
    int status = 0;
    /// Body bytes.
    std::uint64_t received = 0;
    std::uint64_t sent = 0;
    /// Of the route; null where nothing is changed.
    const HeaderChanges* response_headers = nullptr;
};

class Proxy {
public:
    Proxy(http::Client& client, Upstreams& upstreams);

    /// Answers `exchange` with what the upstream says. Failures before that are thrown for the caller to answer: 413,
    /// 502 "upstream_failed", 503 "upstream_unavailable", 504 "upstream_timeout"; once the answer has started they are thrown
    /// too, and the caller can only abort.
    awaitable<> pass(http::Exchange& exchange, const Route& route, const Forwarded& forwarded, Passage& passage);

    /// Sends only the head, to an instance that takes the connection. For handshakes.
    awaitable<std::unique_ptr<http::ClientStream>> open(const Route& route, http::RequestHead head,
                                                        std::optional<std::uint64_t> length);
    /// Copies an answer to the client as it comes, all but the `finish`.
    static awaitable<> relay(http::Exchange& exchange, http::ClientStream& upstream, http::ResponseHead head, Passage& passage);

private:
    awaitable<> pass_as_it_is(http::Exchange& exchange, const Route& route, const Forwarded& forwarded, Passage& passage);
    awaitable<> pass_in_turn(http::Exchange& exchange, const Route& route, const http::RequestHead& head, Passage& passage);
    awaitable<> pass_both_ways(http::Exchange& exchange, const Route& route, const http::RequestHead& head, Passage& passage);

    http::Client& client_;
    Upstreams& upstreams_;
};

}  // namespace darkroom::gateway
