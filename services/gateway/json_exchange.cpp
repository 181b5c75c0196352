#include "services/gateway/json_exchange.hpp"

#include "platform/http/response_head.hpp"
#include "services/gateway/domain/errors.hpp"

#include <algorithm>

namespace darkroom::gateway {

namespace {

constexpr std::uint64_t longest_request = 1024 * 1024;
constexpr std::size_t longest_answer = 8 * 1024 * 1024;

bool is_encoded(const http::Headers& headers) {
    const auto encoding = headers.get("Content-Encoding");
    return !encoding.empty() && !http::equal_ignoring_case(encoding, "identity");
}

}  // namespace

JsonExchange::JsonExchange(http::Exchange& inner, const Route& route)
    : inner_(inner), route_(route), request_(inner.request()) {
    // We would not understand the answer.
    if (!route_.response_json.empty()) request_.headers.remove("Accept-Encoding");
}

awaitable<> JsonExchange::prepare() {
    const bool has_body = request_.content_length != 0;
    if (route_.request_json.empty() || !has_body || !is_json(request_.headers.get("Content-Type"))) co_return;
    if (is_encoded(request_.headers)) fail(encoded_body());
    const auto text = co_await http::read_all(inner_.body(), std::min(route_.body_limit, longest_request));
    body_.emplace(route_.request_json.apply(text).value());
    request_.content_length = body_->length();
}

http::BodyReader& JsonExchange::body() {
    if (body_) return *body_;
    return inner_.body();
}

awaitable<std::optional<std::string_view>> JsonExchange::ChangedBody::read() {
    if (std::exchange(read_, true) || text_.empty()) co_return std::nullopt;
    co_return std::string_view(text_);
}

awaitable<> JsonExchange::start(http::ResponseHead head, std::optional<std::uint64_t> length) {
    const bool concerned = !route_.response_json.empty() && is_json(head.headers.get("Content-Type"));
    if (!concerned) {
        co_await inner_.start(std::move(head), length);
    } else if (request_.method == "HEAD" || http::is_bodiless(head.status)) {
        // How long the changed one would be, nobody knows.
        co_await inner_.start(std::move(head), std::nullopt);
    } else {
        if (is_encoded(head.headers)) fail(unchangeable_answer(route_.upstream));
        held_ = std::move(head);
    }
}

awaitable<> JsonExchange::write(std::string_view piece) {
    if (held_ && answer_.size() + piece.size() > longest_answer) fail(unchangeable_answer(route_.upstream));
    if (held_) {
        answer_ += piece;
    } else {
        co_await inner_.write(piece);
    }
}

awaitable<> JsonExchange::finish() {
    if (held_) {
        const auto changed = route_.response_json.apply(answer_);
        if (!changed) fail(unchangeable_answer(route_.upstream));
        answer_.clear();
        co_await inner_.start_with(std::move(*held_), changed->size(), *changed);
    }
    co_await inner_.finish();
}

}  // namespace darkroom::gateway
