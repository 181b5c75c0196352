#include "platform/http/transport_test_support.hpp"

#include <gmock/gmock.h>

#include <sys/mman.h>
#include <unistd.h>

namespace darkroom::http::transport_test {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class HttpClient : public TransportTest {};

/// A peer that says what a test tells it to, whatever it is asked: one script per connection.
class ScriptedPeer {
public:
    ScriptedPeer(Executor executor, std::vector<std::string> scripts)
        : acceptor_(executor, {net::ip::address_v4::loopback(), 0}), tasks_(executor), scripts_(std::move(scripts)) {
        tasks_.spawn("peer", serve());
    }
    Origin origin() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }
    int connections() const { return connections_; }
    awaitable<> stop() { co_await tasks_.stop(1s); }

private:
    awaitable<> serve() {
        for (const auto& script : scripts_) {
            auto socket = co_await acceptor_.async_accept(use_awaitable);
            ++connections_;
            // Answers each request on the connection with the next part of its script; closes at the end.
            std::string_view rest(script);
            while (!rest.empty()) {
                std::array<char, 4096> request{};
                const auto [error, bytes] = co_await socket.async_read_some(net::buffer(request), as_result);
                if (error) break;
                const auto part = rest.substr(0, rest.find('@'));
                rest.remove_prefix(std::min(rest.size(), part.size() + 1));
                co_await net::async_write(socket, net::buffer(part), use_awaitable);
            }
        }
    }

    TcpAcceptor acceptor_;
    TaskGroup tasks_;
    std::vector<std::string> scripts_;
    int connections_ = 0;
};

/// A port on which nobody listens.
std::uint16_t unused_port() {
    net::io_context context;
    const net::ip::tcp::acceptor acceptor(context, {net::ip::address_v4::loopback(), 0});
    return acceptor.local_endpoint().port();
}

/// The code of the failure, or the status and body.
awaitable<std::string> outcome_of(Client& client, Origin origin, ClientRequest request) {
    try {
        const auto response = co_await client.send(std::move(origin), std::move(request));
        co_return std::to_string(response.status) + " " + response.body;
    } catch (const Failure& failure) {
        co_return std::string(failure.error().code);
    }
}

struct Exchanged {
    std::string_view why;
    std::string script;
    std::string outcome;
};

awaitable<> strict(TransportTest& test) {
    const std::vector<Exchanged> cases{
        {"sized", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "200 ok"},
        {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "200 ok"},
        {"until close", "HTTP/1.1 200 OK\r\n\r\nok", "200 ok"},
        {"interim answers",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", "204 "},
        {"not modified", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", "304 "},
        {"length twice", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", "upstream_failed"},
        {"length and chunked", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         "upstream_failed"},
        {"cut off", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "upstream_failed"},
        {"cut off chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nok", "upstream_failed"},
        {"no HTTP", "220 smtp ready\r\n\r\n", "upstream_failed"},
        {"endless header", "HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x'), "upstream_failed"},
        {"too large", "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n" + std::string(2000, 'x'), "upstream_failed"},
        {"too large in chunks",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + std::string(2000, 'x') + "\r\n0\r\n\r\n",
         "upstream_failed"},
        {"nothing", "", "upstream_failed"},
    };
    for (const auto& [why, script, outcome] : cases) {
        const std::vector<std::string> scripts{script};
        ScriptedPeer peer(test.runtime().executor(), scripts);
        Client client(test.runtime());
        ClientRequest request{.verb = Verb::post, .body = "x", .max_response_bytes = 1000};
        const auto got = co_await outcome_of(client, peer.origin(), std::move(request));
        EXPECT_EQ(got, outcome) << why;
        co_await peer.stop();
    }
}

TEST_F(HttpClient, TakesOnlyUnambiguousAnswers) {
    with_server({}, echo, strict);
}

const std::string kept = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

awaitable<> stale(TransportTest& test) {
    // The first connection dies on its second request, without a byte of an answer.
    const std::vector<std::string> scripts{kept + "@@", kept};
    ScriptedPeer peer(test.runtime().executor(), scripts);
    Client client(test.runtime());
    for (int i = 0; i < 2; ++i) {
        ClientRequest request;
        const auto got = co_await outcome_of(client, peer.origin(), std::move(request));
        EXPECT_EQ(got, "200 ok") << i;
    }
    EXPECT_EQ(peer.connections(), 2);
    co_await peer.stop();
}

TEST_F(HttpClient, RepeatsAnIdempotentRequestWhenAnIdleConnectionTurnsOutDead) {
    with_server({}, echo, stale);
}

awaitable<> stale_post(TransportTest& test) {
    const std::vector<std::string> scripts{kept + "@@", kept};
    ScriptedPeer peer(test.runtime().executor(), scripts);
    Client client(test.runtime());
    ClientRequest first;
    co_await outcome_of(client, peer.origin(), std::move(first));
    ClientRequest second{.verb = Verb::post, .body = "x"};
    const auto got = co_await outcome_of(client, peer.origin(), std::move(second));
    EXPECT_EQ(got, "upstream_failed") << "it may have been done";
    EXPECT_EQ(peer.connections(), 1);
    co_await peer.stop();
}

TEST_F(HttpClient, NeverRepeatsAPost) {
    with_server({}, echo, stale_post);
}

awaitable<> unreachable(TransportTest& test) {
    TcpAcceptor closed(test.runtime().executor(), {net::ip::address_v4::loopback(), 0});
    const Origin origin{"127.0.0.1", closed.local_endpoint().port()};
    Client client(test.runtime(), {.connect_deadline = 50ms});
    ClientRequest silent{.deadline = 30ms};
    const auto late = co_await outcome_of(client, origin, std::move(silent));
    EXPECT_EQ(late, "upstream_timeout") << "connected, but nobody answers";

    closed.close();
    ClientRequest refused;
    const auto away = co_await outcome_of(client, origin, std::move(refused));
    EXPECT_EQ(away, "upstream_unavailable");

    ClientRequest unknown;
    const auto nowhere = co_await outcome_of(client, {"no-such-host.invalid", 80}, std::move(unknown));
    EXPECT_EQ(nowhere, "upstream_unavailable");
}

TEST_F(HttpClient, TellsAwayFromSlow) {
    with_server({}, echo, unreachable);
}

awaitable<> by_name(TransportTest& test) {
    Client client(test.runtime());
    const Origin origin{"localhost", test.port()};
    for (int i = 0; i < 2; ++i) {
        ClientRequest request{.target = "/named"};
        const auto got = co_await outcome_of(client, origin, std::move(request));
        EXPECT_EQ(got, "200 GET /named|");
    }
}

TEST_F(HttpClient, FindsHostsByName) {
    with_server({}, echo, by_name);
}

awaitable<> one_at_a_time(TransportTest& test, Client& client, int& done) {
    ClientRequest request;
    const auto got = co_await outcome_of(client, test.origin(), std::move(request));
    EXPECT_EQ(got, "200 GET /|");
    ++done;
}

awaitable<> bounded(TransportTest& test) {
    Client client(test.runtime(), {.max_connections_per_origin = 1});
    TaskGroup group(test.runtime().executor());
    int done = 0;
    for (int i = 0; i < 20; ++i) group.spawn("request", one_at_a_time(test, client, done));
    co_await group.drain(10s);
    EXPECT_EQ(done, 20);
    EXPECT_EQ(test.server().connections(), 1U);
}

TEST_F(HttpClient, QueuesForItsLastConnection) {
    with_server({}, echo, bounded);
}

awaitable<> upload(TransportTest& test) {
    Client client(test.runtime());
    RequestHead head{.method = "POST", .target = "/up"};
    auto stream = co_await client.start(test.origin(), head, std::nullopt);
    for (int i = 0; i < 10; ++i) co_await stream->write(std::string(10'000, 'x'));
    co_await stream->finish();
    const auto answer = co_await stream->response();
    auto& body = stream->body();
    const auto text = co_await read_all(body, 1 << 20);

    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(text.size(), 100'000 + std::string("POST /up|").size());
    EXPECT_EQ(client.idle_connections(), 1U);
}

TEST_F(HttpClient, StreamsAChunkedRequest) {
    with_server({}, echo, upload);
}

awaitable<> write_endlessly(ClientStream& stream, bool& ended) {
    const std::string piece(64 * 1024, 'x');
    try {
        for (int i = 0; i < 10'000; ++i) co_await stream.write(piece);
    } catch (const Failure&) {  // the server closes without reading it all
    }
    ended = true;
}

awaitable<> refuse_unread(Exchange& exchange) {
    auto response = Response::text(413, "text/plain", "no");
    co_await exchange.respond(std::move(response));
}

awaitable<> early_answer(TransportTest& test) {
    Client client(test.runtime());
    RequestHead head{.method = "POST", .target = "/up"};
    auto stream = co_await client.start(test.origin(), head, std::nullopt);
    TaskGroup group(test.runtime().executor());
    bool ended = false;
    group.spawn("writer", write_endlessly(*stream, ended));
    const auto answer = co_await stream->response();
    auto& body = stream->body();
    const auto text = co_await read_all(body, 100);
    EXPECT_EQ(answer.status, 413);
    EXPECT_EQ(text, "no");
    stream->abort();
    co_await group.drain(5s);
    EXPECT_TRUE(ended);
}

TEST_F(HttpClient, ReadsAnEarlyAnswerWhileItWrites) {
    with_server({}, refuse_unread, early_answer);
}

FileHandle file_of(std::string_view content) {
    const int file = ::memfd_create("test", MFD_CLOEXEC);
    EXPECT_EQ(::write(file, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    return FileHandle(file);
}

awaitable<> send_file(Exchange& exchange) {
    std::string content;
    while (content.size() < 3'000'000) content += "0123456789";
    FileBody file{file_of(content), content.size()};
    auto response = Response::file(std::move(file), "image/png", "tag", std::nullopt);
    co_await exchange.respond(std::move(response));
}

awaitable<> files(TransportTest& test) {
    Client client(test.runtime());
    ClientRequest whole;
    const auto all = co_await client.send(test.origin(), std::move(whole));
    EXPECT_EQ(all.body.size(), 3'000'000U);
    EXPECT_EQ(all.headers.get("Accept-Ranges"), "bytes");
    EXPECT_THAT(all.body, EndsWith("0123456789"));

    ClientRequest part{.headers{{"Range", "bytes=1000003-1000006"}}};
    const auto some = co_await client.send(test.origin(), std::move(part));
    EXPECT_EQ(some.status, 206);
    EXPECT_EQ(some.body, "3456");

    ClientRequest known{.headers{{"If-None-Match", "\"tag\""}}};
    const auto same = co_await client.send(test.origin(), std::move(known));
    EXPECT_EQ(same.status, 304);
    EXPECT_EQ(same.body, "");

    ClientRequest head{.verb = Verb::head};
    const auto only_head = co_await client.send(test.origin(), std::move(head));
    EXPECT_EQ(only_head.headers.get("Content-Length"), "3000000");
    EXPECT_EQ(only_head.body, "");
    EXPECT_EQ(test.server().connections(), 1U);
}

TEST_F(HttpClient, DownloadsFilesAndTheirRanges) {
    with_server({}, send_file, files);
}

/// An acceptor whose backlog takes connections and never answers.
struct FrozenPeer {
    explicit FrozenPeer(Executor executor) : acceptor(executor, {net::ip::address_v4::loopback(), 0}) {}
    std::uint16_t port() const { return acceptor.local_endpoint().port(); }
    TcpAcceptor acceptor;
};

TEST_F(HttpClient, PassesOverInstancesThatRefuseOrDoNotAnswer) {
    with_server({}, echo, [](TransportTest& test) -> awaitable<> {
        Client client(test.runtime());
        const FrozenPeer frozen(test.runtime().executor());
        const std::uint16_t nobody = unused_port();
        Origin service{"127.0.0.1", nobody};
        service.others = {{"127.0.0.1", frozen.port()}, {"127.0.0.1", test.port()}};
        ClientRequest request{.target = "/x", .deadline = 300ms};

        // Whoever meets the frozen one waits in vain once; then it is avoided.
        int answered = 0;
        int timed_out = 0;
        for (int i = 0; i < 12; ++i) {
            const auto outcome = co_await outcome_of(client, service, request);
            if (outcome == "200 GET /x|") ++answered;
            if (outcome == "upstream_timeout") ++timed_out;
        }

        EXPECT_EQ(answered + timed_out, 12);
        EXPECT_LE(timed_out, 2);
        EXPECT_GE(answered, 10);
    });
}

TEST(Origin, ListsTheInstancesOfAService) {
    const auto service = Origin::parse_list("http://a:1,http://b:2/,http://c").value();

    EXPECT_EQ(service.authority(), "a:1");
    EXPECT_EQ(service.others, (std::vector<Origin>{{"b", 2}, {"c", 80}}));
    EXPECT_TRUE(Origin::parse_list("http://a,").has_error());
    EXPECT_TRUE(Origin::parse_list("").has_error());
}

TEST(Origin, ParsesOnlyPlainOrigins) {
    EXPECT_EQ(Origin::parse("http://h:80").value(), (Origin{"h", 80}));
    EXPECT_EQ(Origin::parse("http://h/").value(), (Origin{"h", 80}));
    EXPECT_EQ(Origin::parse("http://[::1]:8000").value(), (Origin{"[::1]", 8000}));
    for (const auto* url :
         {"", "h:80", "https://h", "http://", "http://h:0", "http://h:99999", "http://h:x", "http://a@h", "http://h/x"}) {
        EXPECT_TRUE(Origin::parse(url).has_error()) << url;
    }
}

}  // namespace
}  // namespace darkroom::http::transport_test
