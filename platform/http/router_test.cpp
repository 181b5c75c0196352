#include "platform/http/router.hpp"

#include "platform/async/runtime.hpp"
#include "platform/telemetry/metrics.hpp"
#include "platform/testing/fake_authenticator.hpp"

#include <gmock/gmock.h>

namespace darkroom::http {
namespace {

using testing::FakeAuthenticator;

class FakeBody : public BodyReader {
public:
    explicit FakeBody(std::string content) : content_(std::move(content)) {}
    awaitable<std::optional<std::string_view>> read() override {
        if (done_ || content_.empty()) co_return std::nullopt;
        done_ = true;
        co_return std::string_view(content_);
    }
    void limit(std::uint64_t bytes) override {
        if (content_.size() > bytes) fail({Kind::too_large, "body_too_large", "the body is too large"});
    }
    std::optional<std::uint64_t> length() const override { return content_.size(); }

private:
    std::string content_;
    bool done_ = false;
};

class FakeExchange : public Exchange {
public:
    FakeExchange(RequestHead head, std::string body) : head_(std::move(head)), body_(std::move(body)) {}
    const RequestHead& request() const override { return head_; }
    BodyReader& body() override { return body_; }
    std::string_view peer_address() const override { return "127.0.0.1"; }
    awaitable<> respond(Response response) override {
        answer = std::move(response);
        co_return;
    }
    awaitable<> start(ResponseHead, std::optional<std::uint64_t>) override { co_return; }
    awaitable<> write(std::string_view) override { co_return; }
    awaitable<> finish() override { co_return; }
    bool started() const override { return false; }
    void abort() override {}
    void on_disconnect(std::function<void()>) override {}
    awaitable<Upgraded> upgrade(ResponseHead) override { throw std::logic_error("no upgrade in this test"); }

    Response answer;

private:
    RequestHead head_;
    FakeBody body_;
};

struct ById {
    UserId id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

struct Paint {
    std::string colour;
    int coats = 0;
};
BOOST_DESCRIBE_STRUCT(Paint, (), (colour, coats))

struct Dry {
    std::optional<bool> dry;
};
BOOST_DESCRIBE_STRUCT(Dry, (), (dry))

class PaintApi {
public:
    awaitable<Ok<Paint>> read_own(Context&) { co_return Ok<Paint>{{"red", 1}, "Here you are"}; }
    awaitable<Ok<Paint>> paint(Path<ById>, Query<Dry>, Body<Paint> body) { co_return Ok<Paint>{body.value}; }
    awaitable<Ok<>> manage(Path<ById>) { co_return Ok<>{}; }
    awaitable<Ok<>> break_down() {
        throw std::runtime_error("the secret cause");
        co_return Ok<>{};
    }
    awaitable<Ok<Dry>> look(Input<Dry> input) { co_return Ok<Dry>{input.value}; }

    static const Endpoints<PaintApi>& endpoints() {
        static const Endpoints<PaintApi> table{
            {Verb::get, "/walls/me", Access::signed_in, &PaintApi::read_own, "Read.", {.etag = true}},
            {Verb::put, "/walls/{id}", Access::signed_in, &PaintApi::paint, "Paint."},
            {Verb::del, "/walls/{id}", Access::permission("users:manage"), &PaintApi::manage, "Delete."},
            {Verb::get, "/broken", Access::open, &PaintApi::break_down, "Fail."},
            {Verb::post, "/look", Access::open, &PaintApi::look, "Look."},
        };
        return table;
    }
};

struct Asked {
    std::string method;
    std::string target;
    Headers headers{};
    std::string body{};
};

/// The answer of a router over PaintApi.
Response ask(Asked asked) {
    RequestHead head{.method = asked.method, .target = asked.target, .headers = asked.headers};
    const auto mark = asked.target.find('?');
    head.path = asked.target.substr(0, mark);
    if (mark != std::string::npos) head.query = asked.target.substr(mark + 1);
    FakeExchange exchange(head, asked.body);
    FakeAuthenticator authenticator;
    telemetry::Metrics metrics("test");
    Router router(authenticator, metrics);
    PaintApi api;
    router.add(PaintApi::endpoints(), api);
    Runtime runtime;
    runtime.run(router.handle(exchange));
    return std::move(exchange.answer);
}

Headers as(std::string token) {
    return {{"Authorization", "Bearer " + token}};
}

json::Object body_of(const Response& response) {
    return json::parse(std::get<std::string>(response.body)).value().as_object();
}

TEST(Router, WrapsSuccessInTheEnvelope) {
    const auto response = ask({"GET", "/walls/me", as("user:ann:user")});

    EXPECT_EQ(response.status, 200);
    const auto body = body_of(response);
    EXPECT_EQ(body.at("success"), true);
    EXPECT_EQ(body.at("message"), "Here you are");
    EXPECT_EQ(body.at("data").at("colour"), "red");
    EXPECT_EQ(json::view(body.at("correlation_id").as_string()), response.headers.get("X-Correlation-ID"));
}

TEST(Router, AnUnknownPathIsUnknownToEverybody) {
    EXPECT_EQ(ask({"GET", "/nowhere"}).status, 404);
    EXPECT_EQ(ask({"GET", "/nowhere", as("user:ann:admin")}).status, 404);
}

TEST(Router, AsksForATokenBeforeItTalksAboutVerbsOrBodies) {
    EXPECT_EQ(ask({"POST", "/walls/1"}).status, 401);
    EXPECT_EQ(ask({"PUT", "/walls/1", {}, "{"}).status, 401);
    EXPECT_EQ(ask({"PUT", "/walls/1", as("forged"), "{}"}).status, 401);
    EXPECT_THAT(std::string(ask({"PUT", "/walls/1", as("forged"), "{}"}).headers.get("WWW-Authenticate")),
                ::testing::HasSubstr(R"(error="invalid_token")"));
}

TEST(Router, NamesTheAllowedVerbs) {
    const auto response = ask({"POST", "/walls/1", as("user:ann:user")});

    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.get("Allow"), "DELETE, OPTIONS, PUT");
}

TEST(Router, ChecksThePermissionBeforeTheHandler) {
    EXPECT_EQ(ask({"DELETE", "/walls/1", as("user:ann:user")}).status, 403);
    EXPECT_EQ(ask({"DELETE", "/walls/1", as("user:ann:admin")}).status, 200);
}

TEST(Router, ReportsBadFieldsOfPathQueryAndBodyTogether) {
    const auto response =
        ask({"PUT", "/walls/a%20b?dry=perhaps", as("user:ann:user"), R"({"colour":7,"coats":"many","gloss":true})"});

    EXPECT_EQ(response.status, 422);
    std::vector<std::string> fields;
    const auto problem = body_of(response);
    for (const auto& error : problem.at("errors").as_array()) {
        fields.emplace_back(json::view(error.at("field").as_string()));
    }
    EXPECT_EQ(fields, (std::vector<std::string>{"id", "dry", "colour", "coats", "gloss"}));
}

TEST(Router, RefusesAnotherMediaType) {
    auto headers = as("user:ann:user");
    headers.add("Content-Type", "text/plain");

    EXPECT_EQ(ask({"PUT", "/walls/1", headers, "hello"}).status, 415);
}

TEST(Router, RefusesABodyOverTheEndpointsLimit) {
    EXPECT_EQ(ask({"PUT", "/walls/1", as("user:ann:user"), std::string(70'000, ' ')}).status, 413);
}

TEST(Router, HidesTheCauseOfAnInternalError) {
    const auto response = ask({"GET", "/broken"});

    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(std::get<std::string>(response.body).find("secret"), std::string::npos);
}

TEST(Router, AnswersNotModifiedForAKnownEntityTag) {
    const auto first = ask({"GET", "/walls/me", as("user:ann:user")});
    auto headers = as("user:ann:user");
    headers.add("If-None-Match", "\"other\", " + std::string(first.headers.get("ETag")));

    EXPECT_EQ(ask({"GET", "/walls/me", headers}).status, 304);
}

TEST(Router, TakesInputFromJsonFormOrQuery) {
    const Headers form{{"Content-Type", "application/x-www-form-urlencoded"}};
    const Headers json{{"Content-Type", "application/json"}};

    for (const auto& asked : {Asked{"POST", "/look?dry=true"}, Asked{"POST", "/look", form, "dry=true"},
                              Asked{"POST", "/look", json, R"({"dry":true})"}}) {
        EXPECT_EQ(body_of(ask(asked)).at("data").at("dry"), true) << asked.target << asked.body;
    }
}

TEST(Router, KeepsAWellFormedCorrelationId) {
    auto headers = as("user:ann:user");
    headers.add("X-Correlation-ID", "trace-7");

    EXPECT_EQ(ask({"GET", "/walls/me", headers}).headers.get("X-Correlation-ID"), "trace-7");
}

}  // namespace
}  // namespace darkroom::http
