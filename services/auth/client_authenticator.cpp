#include "services/auth/client_authenticator.hpp"

#include "platform/core/encoding.hpp"

namespace darkroom::accounts {

namespace {

struct Presented {
    std::string id;
    std::optional<Secret> secret{};
};

/// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
std::optional<Presented> from_header(std::string_view header) {
    constexpr std::string_view scheme = "Basic ";
    if (header.size() <= scheme.size() || !http::equal_ignoring_case(header.substr(0, scheme.size()), scheme)) {
        return std::nullopt;
    }
    const auto decoded = base64_decode(header.substr(scheme.size()));
    if (!decoded) return std::nullopt;
    const auto colon = decoded->find(':');
    if (colon == std::string::npos) return std::nullopt;
    auto id = percent_decode(std::string_view(*decoded).substr(0, colon), true);
    auto secret = percent_decode(std::string_view(*decoded).substr(colon + 1), true);
    if (!id || !secret) return std::nullopt;
    return Presented{std::move(*id), Secret(std::move(*secret))};
}

}  // namespace

bool came_with_header(const http::Context& context) {
    return context.request.headers.has("Authorization");
}

awaitable<std::optional<AuthenticatedClient>> ClientAuthenticator::authenticate(const http::Context& context,
                                                                                std::optional<std::string> client_id,
                                                                                std::optional<std::string> client_secret) {
    std::optional<Presented> presented;
    if (came_with_header(context)) {
        presented = from_header(context.request.headers.get("Authorization"));
    } else if (client_id) {
        presented = Presented{std::move(*client_id)};
        if (client_secret) presented->secret = Secret(std::move(*client_secret));
    }
    if (!presented) co_return std::nullopt;
    if (presented->secret && services_.authenticate(presented->id, presented->secret->reveal())) {
        co_return AuthenticatedClient{presented->id};
    }
    auto registered = co_await clients_.find(presented->id);
    if (!registered || registered->secret_hash.has_value() != presented->secret.has_value()) co_return std::nullopt;
    if (registered->secret_hash) {
        const auto shown = OpaqueToken::from(presented->secret->reveal()).hash();
        if (!constant_time_equal(shown.text(), registered->secret_hash->text())) co_return std::nullopt;
    }
    co_return AuthenticatedClient{presented->id, std::move(registered)};
}

}  // namespace darkroom::accounts
