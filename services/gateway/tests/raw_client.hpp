// A client without manners: sends bytes as given, so that a test can do what http::Client refuses to.
#pragma once

#include "platform/async/io.hpp"
#include "platform/http/message.hpp"
#include "platform/http/wire.hpp"

#include <string>
#include <string_view>

namespace darkroom::gateway {

struct RawAnswer {
    int status = 0;
    http::Headers headers;
    std::string body;
};

class RawClient {
public:
    static awaitable<RawClient> connect(std::uint16_t port);
    /// Under TLS, whatever the certificate is. Throws std::runtime_error when the handshake fails.
    static awaitable<RawClient> connect_by_tls(std::uint16_t port, int version);

    awaitable<> send(std::string bytes);
    /// Everything until the peer closes or resets.
    awaitable<std::string> read_to_end();
    /// Everything up to and including `mark`, which must come.
    awaitable<std::string> read_until(std::string mark);
    /// One answer with a Content-Length.
    awaitable<RawAnswer> read_answer();
    TcpSocket& socket() { return wire_.socket(); }
    /// SHA-256 of the certificate that the server has shown, in hex.
    const std::string& certificate() const { return certificate_; }

private:
    explicit RawClient(TcpSocket socket) : wire_(std::move(socket)) {}
    http::Wire wire_;
    std::string received_;
    std::string certificate_;
};

/// Takes the head of `text` apart; the rest is the body.
RawAnswer parse_answer(std::string_view text);

}  // namespace darkroom::gateway
