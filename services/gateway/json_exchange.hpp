// An exchange whose JSON bodies are changed as the route says. Only such routes hold bodies; everything else is streamed.
#pragma once

#include "platform/http/exchange.hpp"
#include "services/gateway/domain/route_table.hpp"

#include <string>

namespace darkroom::gateway {

/// Lives as long as the exchange it stands before. A rule that takes a field away must not be got round: a body that cannot be
/// changed is not passed on.
class JsonExchange final : public http::Exchange {
public:
    JsonExchange(http::Exchange& inner, const Route& route);

    /// Reads and changes the request's body, if it is JSON and there are rules for it; call it first. Throws Failure:
    /// `invalid_json` 422, `body_too_large` 413 (1 MiB, or what the route allows if that is less), `encoded_body` 415.
    awaitable<> prepare();

    const http::RequestHead& request() const override { return request_; }
    http::BodyReader& body() override;
    std::string_view peer_address() const override { return inner_.peer_address(); }
    bool is_from_this_machine() const override { return inner_.is_from_this_machine(); }
    bool is_encrypted() const override { return inner_.is_encrypted(); }
    awaitable<> respond(http::Response response) override { return inner_.respond(std::move(response)); }
    awaitable<> start(http::ResponseHead head, std::optional<std::uint64_t> length) override;
    awaitable<> write(std::string_view piece) override;
    /// Throws Failure `upstream_failed` for an answer that is no JSON though it says so, is encoded or larger than 8 MiB.
    awaitable<> finish() override;
    bool started() const override { return inner_.started(); }
    void abort() override { inner_.abort(); }
    void on_disconnect(std::function<void()> gone) override { inner_.on_disconnect(std::move(gone)); }
    awaitable<http::Upgraded> upgrade(http::ResponseHead head) override { return inner_.upgrade(std::move(head)); }
    http::Upgraded detach() override { return inner_.detach(); }

private:
    /// What `prepare` has made of the request's body, in one piece.
    class ChangedBody final : public http::BodyReader {
    public:
        explicit ChangedBody(std::string text) : text_(std::move(text)) {}
        awaitable<std::optional<std::string_view>> read() override;
        void limit(std::uint64_t) override {}
        std::optional<std::uint64_t> length() const override { return text_.size(); }

    private:
        std::string text_;
        bool read_ = false;
    };

    http::Exchange& inner_;
    const Route& route_;
    http::RequestHead request_;
    std::optional<ChangedBody> body_;
    /// Held until `finish` when the answer is to be changed.
    std::optional<http::ResponseHead> held_;
    std::string answer_;
};

}  // namespace darkroom::gateway
