// A stream socket as it is, or under TLS: what channels and tunnels read from and write to.
#pragma once

#include "platform/async/io.hpp"
#include "platform/http/tls.hpp"

#include <span>
#include <tuple>

namespace darkroom::http {

/// One loop's. TLS is a layer here and no type, so that a connection is the same code either way; plain sockets pay one
/// comparison for it. Readiness is waited for on the socket itself: who cancels the socket ends every wait.
class Wire {
public:
    /// Plain; non-blocking from here on.
    explicit Wire(TcpSocket socket);
    Wire(Wire&&) noexcept = default;
    Wire& operator=(Wire&&) = delete;

    TcpSocket& socket() { return socket_; }
    bool is_encrypted() const { return session_ != nullptr; }

    /// From here on under TLS (RFC 8446, RFC 5246); `session` is of this socket and knows its side. False when the peer breaks
    /// off, refuses or does not speak TLS. Cancelling the socket ends it.
    awaitable<bool> handshake(TlsSession session);

    /// What is there at once: error would_block where there is nothing yet, eof at the end of the stream.
    std::size_t read_some(net::mutable_buffer into, boost::system::error_code& error);
    /// What can be sent at once. After would_block the same bytes must be offered again.
    std::size_t write_some(std::span<const net::const_buffer> buffers, boost::system::error_code& error);

    /// Until `read_some` or `write_some` is worth a try again. Received bytes that TLS has already taken from the socket count.
    awaitable<std::tuple<boost::system::error_code>> wait_readable();
    awaitable<std::tuple<boost::system::error_code>> wait_writable();

    /// Waits for at least one byte; lets other connections have their turn even when there are always more.
    awaitable<std::tuple<boost::system::error_code, std::size_t>> receive(net::mutable_buffer into);

    enum class Incoming { nothing, bytes, end };
    /// What comes next, left where it is. For a socket that has become readable.
    Incoming peek();

    /// Nothing more comes from us: TLS's close_notify, then the socket's end.
    void shutdown_send(boost::system::error_code& error);
    void close();
    /// The bare socket of a plain wire; std::logic_error for an encrypted one, whose bytes mean nothing without its session.
    TcpSocket release();

private:
    boost::system::error_code problem_of(int result);
    awaitable<std::tuple<boost::system::error_code>> give_way();
    awaitable<std::tuple<boost::system::error_code, std::size_t>> receive_encrypted(net::mutable_buffer into);

    TcpSocket socket_;
    TlsSession session_;
    /// What the last call that would have blocked waits for: TLS may have to write before it can read, and the reverse.
    TcpSocket::wait_type read_waits_for_ = TcpSocket::wait_read;
    TcpSocket::wait_type write_waits_for_ = TcpSocket::wait_write;
};

}  // namespace darkroom::http
