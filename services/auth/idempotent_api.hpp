// What the handlers that create have in common: the request's Idempotency-Key, and the answer that was given before.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/idempotency_repository.hpp"

namespace darkroom::accounts {

/// Nothing without the header. To be asked before the body is taken apart.
template <class Request>
std::optional<IdempotentRequest> idempotent(const http::Context& context, const Request& body) {
    const Secret content(json::serialize(json::encode(body)));
    const auto key = context.request.headers.get("Idempotency-Key");
    return idempotent_request(context.caller, key, context.request.path, content.reveal()).value();
}

/// Marks the answer as one that was given before.
template <class Reply>
Reply replayed(http::Context& context, const Secret& earlier) {
    context.response_headers.set("Idempotency-Replayed", "true");
    return json::decode_json<Reply>(earlier.reveal(), json::Unknown::ignore).value();
}

}  // namespace darkroom::accounts
