#include "services/gateway/gated_exchange.hpp"

namespace darkroom::gateway {

namespace {

/// For what the gateway itself says: JSON and problems load nothing and belong in no frame. /docs brings its own.
constexpr auto default_content_security = "default-src 'none'; frame-ancestors 'none'";

}  // namespace

awaitable<> GatedExchange::respond(http::Response response) {
    complete(response.headers);
    if (!response.headers.has("Content-Security-Policy")) {
        response.headers.set("Content-Security-Policy", default_content_security);
    }
    response.headers.set("X-Content-Type-Options", "nosniff");
    status_ = response.status;
    return inner_.respond(std::move(response));
}

awaitable<> GatedExchange::start(http::ResponseHead head, std::optional<std::uint64_t> length) {
    complete(head.headers);
    status_ = head.status;
    return inner_.start(std::move(head), length);
}

awaitable<> GatedExchange::start_with(http::ResponseHead head, std::optional<std::uint64_t> length, std::string_view first) {
    complete(head.headers);
    status_ = head.status;
    return inner_.start_with(std::move(head), length, first);
}

awaitable<http::Upgraded> GatedExchange::upgrade(http::ResponseHead head) {
    complete(head.headers);
    status_ = head.status;
    return inner_.upgrade(std::move(head));
}

void GatedExchange::complete(http::Headers& headers) const {
    for (const auto& header : added_) {
        if (header.name == "Vary") {
            headers.add(header.name, header.value);
        } else {
            headers.set(header.name, header.value);
        }
    }
}

}  // namespace darkroom::gateway
