#include "platform/http/wire.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace darkroom::http {

namespace {

/// The most that one TLS record holds (RFC 8446 §5.1).
constexpr std::size_t record_bytes = 16 * 1024;

/// Small pieces, a head and what follows it, share a record and so a packet.
std::span<const char> gathered(std::span<const net::const_buffer> buffers) {
    const auto filled = [](const net::const_buffer& buffer) { return buffer.size() != 0; };
    const auto first = std::ranges::find_if(buffers, filled);
    if (first == buffers.end()) return {};
    const bool alone = std::ranges::none_of(first + 1, buffers.end(), filled);
    if (alone || first->size() >= record_bytes) return {static_cast<const char*>(first->data()), first->size()};
    // One loop is one thread, and the bytes are encrypted before anybody else runs.
    static thread_local std::array<char, record_bytes> record;
    std::size_t used = 0;
    for (auto buffer = first; buffer != buffers.end() && used < record.size(); ++buffer) {
        const auto part = std::min(buffer->size(), record.size() - used);
        if (part != 0) std::memcpy(record.data() + used, buffer->data(), part);
        used += part;
    }
    return {record.data(), used};
}

}  // namespace

Wire::Wire(TcpSocket socket) : socket_(std::move(socket)) {
    boost::system::error_code ignored;  // a socket that is gone already says so when it is used
    socket_.non_blocking(true, ignored);
}

/// What a result that is no success of an SSL_* call means. Sets errno's and OpenSSL's queues back for the next call.
boost::system::error_code Wire::problem_of(int result) {
    const int system_error = errno;
    const int reason = SSL_get_error(session_.get(), result);
    ERR_clear_error();
    switch (reason) {
        case SSL_ERROR_WANT_READ:
        case SSL_ERROR_WANT_WRITE: return net::error::would_block;
        case SSL_ERROR_ZERO_RETURN: return net::error::eof;
        case SSL_ERROR_SYSCALL:
            if (system_error != 0) return {system_error, boost::system::system_category()};
            return net::error::eof;
        default: return net::error::connection_reset;  // not what the protocol allows
    }
}

awaitable<bool> Wire::handshake(TlsSession session) {
    session_ = std::move(session);
    while (true) {
        errno = 0;
        const int result = SSL_do_handshake(session_.get());
        if (result == 1) co_return true;
        const bool to_write = SSL_want_write(session_.get());
        const auto problem = problem_of(result);
        if (problem != net::error::would_block) co_return false;
        const auto [error] = co_await socket_.async_wait(to_write ? TcpSocket::wait_write : TcpSocket::wait_read, as_result);
        if (error) co_return false;
    }
}

std::size_t Wire::read_some(net::mutable_buffer into, boost::system::error_code& error) {
    if (!session_) return socket_.read_some(into, error);
    errno = 0;
    std::size_t count = 0;
    const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &count);
    error.clear();
    if (result == 1) return count;
    read_waits_for_ = SSL_want_write(session_.get()) ? TcpSocket::wait_write : TcpSocket::wait_read;
    error = problem_of(result);
    return 0;
}

std::size_t Wire::write_some(std::span<const net::const_buffer> buffers, boost::system::error_code& error) {
    if (!session_) return socket_.write_some(buffers, error);
    const auto bytes = gathered(buffers);
    error.clear();
    if (bytes.empty()) return 0;
    errno = 0;
    std::size_t count = 0;
    const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &count);
    if (result == 1) return count;
    write_waits_for_ = SSL_want_read(session_.get()) ? TcpSocket::wait_read : TcpSocket::wait_write;
    error = problem_of(result);
    return 0;
}

awaitable<std::tuple<boost::system::error_code>> Wire::wait_readable() {
    // What TLS has taken from the socket, the socket knows no more of.
    if (session_ && SSL_pending(session_.get()) > 0) return give_way();
    return socket_.async_wait(read_waits_for_, as_result);
}

awaitable<std::tuple<boost::system::error_code>> Wire::wait_writable() {
    return socket_.async_wait(write_waits_for_, as_result);
}

/// Behind what the loop has to do already.
awaitable<std::tuple<boost::system::error_code>> Wire::give_way() {
    co_await net::post(socket_.get_executor(), use_awaitable);
    co_return boost::system::error_code{};
}

awaitable<std::tuple<boost::system::error_code, std::size_t>> Wire::receive(net::mutable_buffer into) {
    if (session_) return receive_encrypted(into);
    return socket_.async_read_some(into, as_result);
}

awaitable<std::tuple<boost::system::error_code, std::size_t>> Wire::receive_encrypted(net::mutable_buffer into) {
    boost::system::error_code error;
    auto count = read_some(into, error);
    // Not suspended yet: with a sender that is faster than we are, nobody else would ever run.
    if (!error) co_await give_way();
    while (error == net::error::would_block) {
        std::tie(error) = co_await wait_readable();
        if (!error) count = read_some(into, error);
    }
    co_return std::tuple(error, count);
}

Wire::Incoming Wire::peek() {
    char byte = 0;
    std::size_t count = 0;
    boost::system::error_code error;
    if (session_) {
        errno = 0;
        const int result = SSL_peek_ex(session_.get(), &byte, 1, &count);
        if (result != 1) error = problem_of(result);
    } else {
        count = socket_.receive(net::buffer(&byte, 1), net::socket_base::message_peek, error);
    }
    if (error == net::error::would_block) return Incoming::nothing;
    return error || count == 0 ? Incoming::end : Incoming::bytes;
}

void Wire::shutdown_send(boost::system::error_code& error) {
    // Once: we do not wait for the peer's, whose connection ends with ours.
    if (session_ && SSL_is_init_finished(session_.get()) == 1) SSL_shutdown(session_.get());
    ERR_clear_error();
    socket_.shutdown(TcpSocket::shutdown_send, error);
}

TcpSocket Wire::release() {
    if (session_) throw std::logic_error("an encrypted connection cannot be had as a bare socket");
    return std::move(socket_);
}

void Wire::close() {
    boost::system::error_code ignored;  // it is over anyway
    socket_.close(ignored);
}

}  // namespace darkroom::http
