// An Exchange on a server connection.
#pragma once

#include "platform/http/response_head.hpp"
#include "platform/http/server_body.hpp"

namespace darkroom::http {

/// Lives while its handler runs. Socket errors while answering leave as boost::system::system_error: the client is gone.
class ServerExchange final : public Exchange {
public:
    /// `out` is the connection's buffer for heads; `closing` becomes true when the server drains.
    ServerExchange(Channel& channel, const ServerOptions& options, ParsedRequest request, std::string_view peer,
                   std::string& out, const bool& closing);

    const RequestHead& request() const override { return request_.head; }
    BodyReader& body() override { return body_; }
    std::string_view peer_address() const override { return peer_; }
    bool is_from_this_machine() const override;
    bool is_encrypted() const override { return channel_.wire().is_encrypted(); }
    awaitable<> respond(Response response) override;
    awaitable<> start(ResponseHead head, std::optional<std::uint64_t> length) override;
    awaitable<> start_with(ResponseHead head, std::optional<std::uint64_t> length, std::string_view first) override;
    awaitable<> write(std::string_view piece) override;
    awaitable<> finish() override;
    bool started() const override { return state_ != State::unanswered; }
    void abort() override;
    void on_disconnect(std::function<void()> gone) override;
    awaitable<Upgraded> upgrade(ResponseHead head) override;
    Upgraded detach() override;

    bool finished() const { return state_ == State::finished; }
    bool upgraded() const { return state_ == State::upgraded; }
    /// After `finished`: whether another request may follow. Reads the rest of the body away.
    awaitable<bool> ready_for_next();

    ~ServerExchange() override { *alive_ = false; }

private:
    enum class State { unanswered, streaming, finished, aborted, upgraded };

    bool begin_head(ResponseHead& head, std::optional<std::uint64_t> length, bool streamed);
    awaitable<> send_whole(Response response, std::string body);
    awaitable<> send_file(Response response, FileBody file);
    awaitable<> send_stream(Response response, StreamBody next);
    Upgraded take_over();
    void expect(State state) const;

    Channel& channel_;
    const ServerOptions& options_;
    ParsedRequest request_;
    ServerBody body_;
    std::string_view peer_;
    std::string& out_;
    const bool& closing_;
    State state_ = State::unanswered;
    bool keep_alive_ = false;
    bool chunked_ = false;
    /// HEAD, 204, 304: pieces are counted but not sent.
    bool bodiless_ = false;
    /// Of a sized answer, what is still to be written.
    std::optional<std::uint64_t> remaining_;
    /// For what may still fire when this is gone.
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace darkroom::http
