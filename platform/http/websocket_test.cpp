#include "platform/http/websocket.hpp"

#include "platform/http/transport_test_support.hpp"

#include <gmock/gmock.h>

namespace darkroom::http::transport_test {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class WebSockets : public TransportTest {};

const std::string handshake =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// A client's frame. Its mask is zero, which leaves the text as it is.
std::string frame(char opcode, std::string text) {
    std::string bytes{static_cast<char>('\x80' | opcode),
                      static_cast<char>('\x80' | static_cast<char>(std::min<std::size_t>(text.size(), 126)))};
    if (text.size() >= 126) bytes += {static_cast<char>(text.size() >> 8U), static_cast<char>(text.size() & 0xFFU)};
    return bytes + "\0\0\0\0"s + text;
}

constexpr char text_frame = 1;
constexpr char binary_frame = 2;
constexpr char close_frame = 8;
constexpr char pong_frame = 10;

/// A server's close frame begins with this and goes on with two bytes of code.
std::string close_with(int code) {
    return {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
}

WebSocketOptions options;

awaitable<> echo_messages(Exchange& exchange) {
    auto socket = co_await WebSocket::accept(exchange, "correlation", options);
    while (true) {
        auto text = co_await socket.receive();
        if (!text) break;
        if (*text == "bye") {
            socket.close(CloseCode::going_away, "later");
            break;
        }
        if (*text == "flood") {
            const auto large = std::make_shared<const std::string>(100'000, 'x');
            while (socket.is_open()) socket.send(large);
            continue;
        }
        socket.send("echo " + *text);
    }
    socket.close(CloseCode::normal);
    co_await socket.finished();
}

awaitable<> talk(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    // The first message comes right behind the handshake.
    co_await client.send(handshake + frame(text_frame, "one"));
    const auto head = co_await client.receive_until("\r\n\r\n");
    EXPECT_THAT(head, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(head, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    EXPECT_THAT(head, HasSubstr("X-Correlation-ID: correlation\r\n"));
    const auto first = co_await client.receive_until("one");
    EXPECT_EQ(first,
              "\x81\x08"
              "echo one");

    co_await client.send(frame(text_frame, std::string(10'000, 'x')));
    const auto large = co_await client.receive_until(std::string(10'000, 'x'));
    EXPECT_THAT(large, HasSubstr("echo x"));

    co_await client.send(frame(text_frame, "bye"));
    const auto close = co_await client.receive_until("later");
    EXPECT_THAT(close, HasSubstr(close_with(1001) + "later"));
    co_await client.send(frame(close_frame, close_with(1001)));
    co_await client.receive_all();
}

TEST_F(WebSockets, ExchangeTextAndClose) {
    options = {};
    with_server({}, echo_messages, talk);
}

awaitable<std::string> answer_to_frame(TransportTest& test, std::string bytes) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(handshake);
    co_await client.receive_until("\r\n\r\n");
    co_await client.send(std::move(bytes));
    co_return co_await client.receive_all();
}

awaitable<> refuse(TransportTest& test) {
    const auto binary = co_await answer_to_frame(test, frame(binary_frame, "x"));
    EXPECT_THAT(binary, HasSubstr(close_with(1008)));
    const auto bad_text = co_await answer_to_frame(test, frame(text_frame, "\xFF\xFE"));
    EXPECT_THAT(bad_text, HasSubstr(close_with(1007)));
    const auto large = co_await answer_to_frame(test, frame(text_frame, std::string(2000, 'x')));
    EXPECT_THAT(large, HasSubstr(close_with(1009)));
    const auto unmasked = co_await answer_to_frame(test, "\x81\x01x");
    EXPECT_THAT(unmasked, HasSubstr(close_with(1002)));
}

TEST_F(WebSockets, RefuseWhatIsNoSmallText) {
    options = {.max_message_bytes = 1000, .close_deadline = 50ms};
    with_server({}, echo_messages, refuse);
}

awaitable<> too_slow(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(handshake + frame(text_frame, "flood"));
    const auto all = co_await client.receive_all();
    EXPECT_THAT(all, HasSubstr(close_with(1013)));
}

TEST_F(WebSockets, CloseAClientThatIsTooSlow) {
    options = {.close_deadline = 200ms};
    with_server({}, echo_messages, too_slow);
}

awaitable<> silent(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(handshake);
    const auto all = co_await client.receive_all();
    EXPECT_THAT(all, HasSubstr("\x89"s + '\0')) << "a ping went out before";
}

TEST_F(WebSockets, DropASilentPeer) {
    options = {.ping_interval = 10ms, .silence_deadline = 40ms, .close_deadline = 50ms};
    with_server({}, echo_messages, silent);
}

awaitable<> answering(TransportTest& test) {
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(handshake);
    for (int i = 0; i < 20; ++i) {
        co_await client.receive_until("\x89"s + '\0');
        co_await client.send(frame(pong_frame, ""));
    }
    co_await client.send(frame(text_frame, "still here"));
    const auto echoed = co_await client.receive_until("echo still here");
    EXPECT_THAT(echoed, HasSubstr("echo still here"));
}

TEST_F(WebSockets, KeepAPeerThatAnswersPings) {
    options = {.ping_interval = 10ms, .silence_deadline = 150ms, .close_deadline = 50ms};
    with_server({}, echo_messages, answering);
}

awaitable<> bad_handshake(TransportTest& test) {
    for (const auto* bytes :
         {"GET /ws HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
          "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 8\r\n"
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
          "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\nSec-WebSocket-Version: 13\r\n"
          "Sec-WebSocket-Key: short\r\n\r\n"}) {
        const auto answer = co_await test.answer_to(bytes);
        EXPECT_EQ(status_in(answer), 400) << answer;
    }
}

TEST_F(WebSockets, RefuseABadHandshake) {
    options = {};
    with_server({}, echo_messages, bad_handshake);
}

}  // namespace
}  // namespace darkroom::http::transport_test
