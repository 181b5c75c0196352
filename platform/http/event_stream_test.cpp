#include "platform/http/event_stream.hpp"

#include "platform/http/transport_test_support.hpp"

#include <gmock/gmock.h>

namespace darkroom::http::transport_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EventStreams : public TransportTest {
public:
    std::optional<EventStream> stream;
    bool gone = false;
};

const std::string request = "GET /events HTTP/1.1\r\nHost: h\r\n\r\n";

/// Opens the test's stream with what `options` say.
Serve open_stream(EventStreams& test, EventStreamOptions options = {}) {
    return [&test, options](Exchange& exchange) {
        test.stream.emplace(test.runtime().executor(), options);
        test.stream->on_heartbeat([] { return std::string("41"); });
        const std::shared_ptr<void> guard(nullptr, [&test](void*) { test.gone = true; });
        return exchange.respond(test.stream->response(guard));
    };
}

awaitable<> read_frames(TransportTest& base) {
    auto& test = dynamic_cast<EventStreams&>(base);
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(request);
    const auto head = co_await client.receive_until(": connected\n\n");
    test.stream->send("17", "{\"a\":1}");
    test.stream->send("", "two\nlines");
    const auto frames = co_await client.receive_until("lines\n\n");
    test.stream->close("closing", "that is all");
    const auto end = co_await client.receive_until("0\r\n\r\n");

    EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(head, HasSubstr("retry: 2000\n"));
    EXPECT_THAT(frames, HasSubstr("id: 17\ndata: {\"a\":1}\n\n"));
    EXPECT_THAT(frames, HasSubstr("\ndata: two\ndata: lines\n\n"));
    EXPECT_THAT(end, HasSubstr("event: end\ndata: {\"code\":\"closing\",\"message\":\"that is all\"}\n\n"));
    EXPECT_TRUE(test.gone);
}

TEST_F(EventStreams, SendFramesAndEndWithTheReason) {
    with_server({}, open_stream(*this), read_frames);
}

awaitable<> wait_for_heartbeat(TransportTest& base) {
    auto& test = dynamic_cast<EventStreams&>(base);
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(request);
    const auto text = co_await client.receive_until(": heartbeat\nid: 41\n\n");
    client.close();
    const auto until = SteadyClock::now() + 10s;
    while (!test.gone && SteadyClock::now() < until) co_await pause_for(5ms);

    EXPECT_THAT(text, HasSubstr("heartbeat"));
    // Found out by a heartbeat that nobody takes.
    EXPECT_TRUE(test.gone);
}

TEST_F(EventStreams, AreKeptAliveAndEndWithTheirClient) {
    with_server({}, open_stream(*this, {.heartbeat = 10ms}), wait_for_heartbeat);
}

awaitable<> flood(TransportTest& base) {
    auto& test = dynamic_cast<EventStreams&>(base);
    RawClient client(test.runtime().executor());
    co_await client.connect(test.port());
    co_await client.send(request);
    co_await client.receive_until(": connected\n\n");
    const std::string large(100'000, 'x');
    for (int i = 0; i < 100 && test.stream->is_open(); ++i) test.stream->send("1", large);
    const auto queued = test.stream->queued_bytes();
    const auto rest = co_await client.receive_until("0\r\n\r\n");

    EXPECT_FALSE(test.stream->is_open());
    EXPECT_LT(queued, 1'400'000U);
    EXPECT_THAT(rest, HasSubstr("\"code\":\"too_slow\""));
}

TEST_F(EventStreams, AClientTooSlowIsToldToComeAgain) {
    with_server({}, open_stream(*this), flood);
}

}  // namespace
}  // namespace darkroom::http::transport_test
