// An exchange whose answer gets the gateway's headers, whoever gives it.
#pragma once

#include "platform/http/exchange.hpp"

namespace darkroom::gateway {

class GatedExchange : public http::Exchange {
public:
    explicit GatedExchange(http::Exchange& inner) : inner_(inner), request_(&inner.request()) {}

    /// Shows another head than the one received; it must outlive this.
    void show_request(const http::RequestHead& request) { request_ = &request; }
    /// Replaces the answer's header of that name; a Vary is added to those that are there.
    void add_header(std::string name, std::string value) { added_.add(std::move(name), std::move(value)); }
    http::Headers& added() { return added_; }
    /// Of the answer, or 0.
    int status() const { return status_; }

    const http::RequestHead& request() const override { return *request_; }
    http::BodyReader& body() override { return inner_.body(); }
    std::string_view peer_address() const override { return inner_.peer_address(); }
    bool is_from_this_machine() const override { return inner_.is_from_this_machine(); }
    bool is_encrypted() const override { return inner_.is_encrypted(); }
    awaitable<> respond(http::Response response) override;
    awaitable<> start(http::ResponseHead head, std::optional<std::uint64_t> length) override;
    awaitable<> start_with(http::ResponseHead head, std::optional<std::uint64_t> length, std::string_view first) override;
    awaitable<> write(std::string_view piece) override { return inner_.write(piece); }
    awaitable<> finish() override { return inner_.finish(); }
    bool started() const override { return inner_.started(); }
    void abort() override { inner_.abort(); }
    void on_disconnect(std::function<void()> gone) override { inner_.on_disconnect(std::move(gone)); }
    awaitable<http::Upgraded> upgrade(http::ResponseHead head) override;
    http::Upgraded detach() override { return inner_.detach(); }

private:
    void complete(http::Headers& headers) const;

    http::Exchange& inner_;
    const http::RequestHead* request_;
    http::Headers added_;
    int status_ = 0;
};

}  // namespace darkroom::gateway
