// Real servers on the loopback, with and without TLS.
#include "platform/outgoing/http_client.hpp"

#include "platform/http/server.hpp"
#include "platform/testing/process.hpp"
#include "platform/testing/test_run.hpp"
#include "platform/testing/tls_files.hpp"

#include <gmock/gmock.h>

#include <fstream>

namespace darkroom::outgoing {
namespace {

using ::testing::HasSubstr;

/// Answers by path; remembers what it was asked.
class Receiver : public http::Handler {
public:
    explicit Receiver(Runtime& runtime) : server_(runtime, {}, *this) { server_.listen(); }

    awaitable<> handle(http::Exchange& exchange) override {
        const auto& request = exchange.request();
        method = request.method;
        path = request.path;
        headers = request.headers;
        body = co_await http::read_all(exchange.body(), 1 << 20);
        if (path == "/slow") co_await pause_for(5s);
        auto response = http::Response::text(200, "text/plain", "thanks");
        if (path == "/away") response = http::Response::redirect("http://127.0.0.1:1/");
        if (path == "/large") response = http::Response::text(200, "text/plain", std::string(100'000, 'x'));
        if (path == "/busy") response = http::Response{.status = 503, .headers = {{"Retry-After", "7"}}};
        co_await exchange.respond(std::move(response));
    }

    WebUrl url(const std::string& target) const {
        return WebUrl::parse("http://127.0.0.1:" + std::to_string(server_.port()) + target).value();
    }
    awaitable<> stop() { co_await server_.drain(1s); }

    std::string method;
    std::string path;
    std::string body;
    http::Headers headers;

private:
    http::Server server_;
};

awaitable<std::string> failure_of(HttpClient& client, HttpRequest request) {
    std::string code = "none";
    try {
        co_await client.send(std::move(request));
    } catch (const Failure& failure) {
        code = failure.error().code;
    }
    co_return code;
}

TEST(Outgoing, SendsWhatItIsToldAndReadsTheAnswer) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Receiver receiver(runtime);
        HttpClient client(runtime, {.allow_private = true});
        const HttpRequest post{.verb = http::Verb::post,
                               .url = receiver.url("/hook"),
                               .headers = {{"Content-Type", "application/json"}, {"X-Extra", "1"}},
                               .body = R"({"a":1})"};

        const auto first = co_await client.send(post);
        const auto again = co_await client.send(post);
        const auto busy = co_await client.send({.url = receiver.url("/busy")});

        EXPECT_EQ(first.status, 200);
        EXPECT_EQ(first.body, "thanks");
        EXPECT_EQ(again.status, 200);
        EXPECT_EQ(receiver.path, "/busy");
        EXPECT_EQ(receiver.method, "GET");
        EXPECT_EQ(busy.status, 503);
        EXPECT_EQ(busy.headers.get("Retry-After"), "7");
        co_await receiver.stop();
    });
}

TEST(Outgoing, FollowsNoRedirectAndReadsUpToTheBound) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Receiver receiver(runtime);
        HttpClient client(runtime, {.allow_private = true});

        const auto redirect = co_await client.send({.url = receiver.url("/away")});
        const auto large = co_await client.send({.url = receiver.url("/large"), .max_response_bytes = 1000});

        EXPECT_EQ(redirect.status, 302);
        EXPECT_EQ(large.status, 200);
        EXPECT_EQ(large.body.size(), 1000U);
        EXPECT_TRUE(large.truncated);
        co_await receiver.stop();
    });
}

TEST(Outgoing, RefusesAddressesThatAreNotPublicWhateverTheirName) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Receiver receiver(runtime);
        HttpClient client(runtime);
        const auto port = receiver.url("/").text().substr(std::string("http://127.0.0.1").size());

        const auto by_address = co_await failure_of(client, {.url = receiver.url("/")});
        const auto by_name = co_await failure_of(client, {.url = WebUrl::parse("http://localhost" + port).value()});
        const auto by_number = co_await failure_of(client, {.url = WebUrl::parse("http://2130706433" + port).value()});
        const auto mapped = co_await failure_of(client, {.url = WebUrl::parse("http://[::ffff:127.0.0.1]" + port).value()});

        EXPECT_EQ(by_address, "outgoing_address_refused");
        EXPECT_EQ(by_name, "outgoing_address_refused");
        EXPECT_EQ(by_number, "outgoing_address_refused");
        EXPECT_EQ(mapped, "outgoing_address_refused");
        EXPECT_EQ(receiver.method, "");
        co_await receiver.stop();
    });
}

TEST(Outgoing, GivesUpAtTheDeadlineAndWhereNobodyListens) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Receiver receiver(runtime);
        HttpClient client(runtime, {.allow_private = true, .max_in_flight = 1});
        TaskGroup group(runtime.executor());
        const auto hold = [](HttpClient& sender, WebUrl url) -> awaitable<> {
            co_await sender.send({.url = std::move(url), .deadline = 200ms});
        };
        group.spawn("hold", hold(client, receiver.url("/slow")));
        co_await testing::eventually([&receiver] { return receiver.path == "/slow"; });

        const auto one_too_many = co_await failure_of(client, {.url = receiver.url("/")});
        co_await group.drain(5s);
        const auto slow = co_await failure_of(client, {.url = receiver.url("/slow"), .deadline = 100ms});
        const auto nobody = co_await failure_of(client, {.url = WebUrl::parse("http://127.0.0.1:1/").value()});

        EXPECT_EQ(one_too_many, "outgoing_busy");
        EXPECT_EQ(slow, "outgoing_timeout");
        EXPECT_EQ(nobody, "outgoing_failed");
        co_await receiver.stop();
    });
}

struct TlsServer {
    TlsServer() {
        const auto openssl = testing::find_program("openssl", {"/usr/bin"});
        server = testing::Process({.arguments = {openssl, "s_server", "-accept", std::to_string(port), "-key", files.key(),
                                                 "-cert", files.certificate(), "-www", "-quiet"}});
    }

    testing::TlsFiles files;
    unsigned short port = testing::free_port();
    testing::Process server;
};

awaitable<bool> answers(HttpClient& client, WebUrl url) {
    HttpRequest request{.url = std::move(url)};
    const auto code = co_await failure_of(client, std::move(request));
    co_return code == "none";
}

TEST(Outgoing, ChecksCertificates) {
    TlsServer tls;
    testing::run(
        [](Runtime& runtime, TlsServer& server) -> awaitable<> {
            HttpClient trusting(runtime, {.allow_private = true, .authorities = server.files.certificate()});
            HttpClient ordinary(runtime, {.allow_private = true});
            const auto url = WebUrl::parse("https://127.0.0.1:" + std::to_string(server.port) + "/").value();

            const bool trusted = co_await testing::eventually_async([&trusting, &url] { return answers(trusting, url); });
            const auto untrusted = co_await failure_of(ordinary, {.url = url});

            EXPECT_TRUE(trusted);
            EXPECT_EQ(untrusted, "outgoing_failed");
        },
        tls);
}

}  // namespace
}  // namespace darkroom::outgoing
