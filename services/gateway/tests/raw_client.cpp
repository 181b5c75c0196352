#include "services/gateway/tests/raw_client.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace darkroom::gateway {

namespace {

constexpr std::string_view line_end = "\r\n";

int number_in(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

RawAnswer parse_answer(std::string_view text) {
    RawAnswer answer;
    const auto head_end = text.find("\r\n\r\n");
    if (head_end == std::string_view::npos) throw std::runtime_error("no complete answer: " + std::string(text));
    auto head = text.substr(0, head_end);
    answer.body = std::string(text.substr(head_end + 4));
    answer.status = number_in(head.substr(std::min<std::size_t>(9, head.size())));
    auto line = head.find(line_end);
    while (line != std::string_view::npos) {
        head.remove_prefix(line + 2);
        line = head.find(line_end);
        const auto header = head.substr(0, line);
        const auto colon = header.find(':');
        if (colon == std::string_view::npos) continue;
        auto value = header.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        answer.headers.add(std::string(header.substr(0, colon)), std::string(value));
    }
    return answer;
}

awaitable<RawClient> RawClient::connect(std::uint16_t port) {
    TcpSocket socket(co_await net::this_coro::executor);
    const net::ip::tcp::endpoint endpoint(net::ip::address_v4::loopback(), port);
    co_await socket.async_connect(endpoint, use_awaitable);
    RawClient client(std::move(socket));
    co_return client;
}

awaitable<RawClient> RawClient::connect_by_tls(std::uint16_t port, int version) {
    auto client = co_await connect(port);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    // Old versions too, if we are asked to: what is refused must be refused by the server.
    SSL_CTX_set_security_level(context.get(), 0);
    SSL_CTX_set_min_proto_version(context.get(), version);
    SSL_CTX_set_max_proto_version(context.get(), version);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    http::TlsSession session(SSL_new(context.get()));
    SSL_set_fd(session.get(), client.socket().native_handle());
    SSL_set_connect_state(session.get());
    const auto* const known = session.get();
    const bool done = co_await client.wire_.handshake(std::move(session));
    if (!done) throw std::runtime_error("the TLS handshake failed");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    X509_digest(SSL_get0_peer_certificate(known), EVP_sha256(), digest.data(), &size);
    for (unsigned int i = 0; i < size; ++i) client.certificate_ += fmt::format("{:02x}", digest.at(i));
    co_return client;
}

awaitable<> RawClient::send(std::string bytes) {
    for (std::string_view rest = bytes; !rest.empty();) {
        const std::array buffers{net::const_buffer(net::buffer(rest))};
        boost::system::error_code error;
        rest.remove_prefix(wire_.write_some(buffers, error));
        if (error == net::error::would_block) std::tie(error) = co_await wire_.wait_writable();
        if (error) throw boost::system::system_error(error);
    }
}

awaitable<std::string> RawClient::read_to_end() {
    while (true) {
        std::array<char, 16 * 1024> buffer;
        const auto [error, size] = co_await wire_.receive(net::buffer(buffer));
        received_.append(buffer.data(), size);
        if (error == net::error::operation_aborted) throw boost::system::system_error(error);
        if (error) co_return std::exchange(received_, {});
    }
}

awaitable<std::string> RawClient::read_until(std::string mark) {
    while (true) {
        const auto found = received_.find(mark);
        if (found != std::string::npos) {
            auto text = received_.substr(0, found + mark.size());
            received_.erase(0, text.size());
            co_return text;
        }
        std::array<char, 16 * 1024> buffer;
        const auto [error, size] = co_await wire_.receive(net::buffer(buffer));
        if (error) throw boost::system::system_error(error);
        received_.append(buffer.data(), size);
    }
}

awaitable<RawAnswer> RawClient::read_answer() {
    const auto head = co_await read_until("\r\n\r\n");
    auto answer = parse_answer(head);
    const auto length = static_cast<std::size_t>(number_in(answer.headers.get("Content-Length")));
    while (received_.size() < length) {
        std::array<char, 16 * 1024> buffer;
        const auto [error, size] = co_await wire_.receive(net::buffer(buffer));
        if (error) throw boost::system::system_error(error);
        received_.append(buffer.data(), size);
    }
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    co_return answer;
}

}  // namespace darkroom::gateway
