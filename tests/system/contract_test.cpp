// API.md, checked from outside: what every port, answer and list promises.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

#include <set>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;

Answer get_with(HttpClient& client, std::string target, std::string name, std::string value) {
    return client.send({.target = std::move(target), .headers = {{std::move(name), std::move(value)}}});
}

TEST(Contract, EveryPortTellsWhatItIsAndHowItIs) {
    const auto& system = System::instance();

    for (const auto service : services) {
        HttpClient client(system.port(service));
        const auto root = client.get("/");
        EXPECT_EQ(root.text("service"), name_of(service)) << root.summary();
        EXPECT_FALSE(root.text("version").empty());
        EXPECT_FALSE(root.text("status").empty());
        const auto health = client.get("/health");
        EXPECT_EQ(health.status, 200) << health.summary();
        EXPECT_EQ(health.text("service"), name_of(service));
        EXPECT_EQ(health.text("status"), "healthy") << health.summary();
        for (const auto* member : {"timestamp", "version"}) EXPECT_FALSE(health.text(member).empty()) << member;
        for (const auto* member : {"uptime", "memory_usage", "cpu_usage"}) EXPECT_GE(health.number(member), 0) << member;
        EXPECT_TRUE(dig(health.document(), "dependencies").is_object());
        EXPECT_EQ(health.text("dependencies.redis"), "healthy") << health.summary();
        if (service != Part::gateway) EXPECT_EQ(health.text("dependencies.postgres"), "healthy") << health.summary();
        EXPECT_EQ(client.get("/health/live").status, 200);
        EXPECT_EQ(client.get("/health/ready").status, 200);
    }
}

TEST(Contract, EveryPortIsMeasured) {
    const auto& system = System::instance();

    for (const auto service : services) {
        HttpClient client(system.port(service));
        client.get("/nowhere/in/particular");
        const auto metrics = client.get("/metrics");
        EXPECT_EQ(metrics.status, 200);
        EXPECT_TRUE(metrics.header("Content-Type").starts_with("text/plain"));
        for (const auto* series : {"# HELP", "darkroom_http_request_duration_seconds_bucket", "darkroom_http_errors_total",
                                   "darkroom_uptime_seconds"}) {
            EXPECT_NE(metrics.body.find(series), std::string::npos) << series << " at " << name_of(service);
        }
        EXPECT_EQ(metrics.body.find("/nowhere/in/particular"), std::string::npos) << "paths must not become labels";
    }
}

TEST(Contract, TheGatewayKnowsTheHealthOfAll) {
    HttpClient client(System::instance().port(Part::gateway));

    const auto answer = client.get("/services/health");

    ASSERT_TRUE(is_success(answer));
    for (const auto service : services) {
        EXPECT_EQ(answer.text("data." + std::string(name_of(service)) + ".status"), "healthy") << answer.summary();
    }
}

TEST(Contract, TheDocumentsDescribeTheWholeApi) {
    HttpClient client(System::instance().port(Part::gateway));

    const auto openapi = client.get("/openapi.json");
    ASSERT_EQ(openapi.status, 200);
    EXPECT_TRUE(openapi.text("openapi").starts_with("3.1"));
    const auto* paths = dig(openapi.document(), "paths").if_object();
    ASSERT_NE(paths, nullptr);
    for (const auto* path : {"/auth/register",
                             "/auth/login",
                             "/auth/refresh",
                             "/auth/logout",
                             "/auth/me",
                             "/auth/validate",
                             "/oauth/token",
                             "/.well-known/jwks.json",
                             "/users/me",
                             "/users",
                             "/images/upload",
                             "/images",
                             "/images/{upload_id}/process",
                             "/images/{upload_id}/status",
                             "/images/transformations",
                             "/notifications",
                             "/notifications/{id}/read",
                             "/notifications/preferences",
                             "/ws/notifications",
                             "/events",
                             "/events/publish",
                             "/events/stats",
                             "/ws/events",
                             "/services/health"}) {
        EXPECT_TRUE(paths->contains(path)) << path;
    }
    for (const auto& path : *paths) EXPECT_FALSE(std::string_view(path.key()).starts_with("/internal")) << path.key();
    EXPECT_EQ(get_with(client, "/openapi.json", "If-None-Match", std::string(openapi.header("ETag"))).status, 304);
    const auto docs = client.get("/docs");
    EXPECT_EQ(docs.status, 200) << docs.summary();
    EXPECT_TRUE(docs.header("Content-Type").starts_with("text/html"));
}

TEST(Contract, CorrelationIdsAreKeptMadeOrReplaced) {
    const auto& system = System::instance();
    auto person = Person::join(system, "traced");

    for (const auto port : {system.port(Part::gateway), system.port(Part::users)}) {
        HttpClient client(port, person.http().token());
        EXPECT_EQ(get_with(client, "/users/me", "X-Correlation-ID", "trace.me-1_2").header("X-Correlation-ID"), "trace.me-1_2");
        EXPECT_FALSE(client.get("/users/me").header("X-Correlation-ID").empty());
        for (const auto& bad : {std::string(129, 'x'), std::string("a b"), std::string("<script>")}) {
            const auto answer = get_with(client, "/users/me", "X-Correlation-ID", bad);
            EXPECT_TRUE(is_success(answer));
            EXPECT_NE(answer.header("X-Correlation-ID"), bad);
        }
        EXPECT_EQ(get_with(client, "/nowhere", "X-Correlation-ID", "kept-in-errors").header("X-Correlation-ID"),
                  "kept-in-errors");
    }
}

TEST(Contract, EveryAnswerOfTheGatewaySaysWhatIsLeft) {
    auto person = Person::join(System::instance(), "limited");
    HttpClient anonymous(System::instance().port(Part::gateway));

    for (auto* client : {&anonymous, &person.http()}) {
        for (const auto* path : {"/", "/health", "/nowhere", "/users/me", "/images", "/openapi.json"}) {
            const auto answer = client->get(path);
            for (const auto* header : {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}) {
                EXPECT_FALSE(answer.header(header).empty()) << header << " at " << path << ' ' << answer.status;
            }
        }
    }
}

TEST(Contract, ReadsWorthCachingHaveAnETagAndAnswer304) {
    auto person = Person::join(System::instance(), "cached");
    const auto upload_id = person.upload(pictures::encode(pictures::a_photo(64, 64), ".png"), "cached.png");

    for (const auto& path : {std::string("/users/me"), "/images/" + upload_id, "/images/" + upload_id + "/download",
                             std::string("/images/transformations"), std::string("/openapi.json")}) {
        const auto first = person.http().get(path);
        ASSERT_EQ(first.status, 200) << path << first.summary();
        const std::string etag(first.header("ETag"));
        ASSERT_FALSE(etag.empty()) << path;
        const auto second = get_with(person.http(), path, "If-None-Match", etag);
        EXPECT_EQ(second.status, 304) << path;
        EXPECT_TRUE(second.body.empty()) << path;
        EXPECT_EQ(second.header("ETag"), etag) << path;
        EXPECT_EQ(get_with(person.http(), path, "If-None-Match", "\"another\"").status, 200) << path;
    }
}

TEST(Contract, DownloadsComeInRanges) {
    auto person = Person::join(System::instance(), "ranges");
    const auto file = pictures::encode(pictures::a_photo(200, 200), ".jpg[Q=90]");
    const auto path = "/images/" + person.upload(file, "räng\"es.jpg") + "/download";

    const auto whole = person.http().get(path);
    EXPECT_EQ(whole.body, file);
    EXPECT_EQ(whole.header("Content-Type"), "image/jpeg");
    EXPECT_EQ(whole.header("X-Content-Type-Options"), "nosniff");
    const auto part = get_with(person.http(), path, "Range", "bytes=10-19");
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, file.substr(10, 10));
    EXPECT_EQ(part.header("Content-Range"), "bytes 10-19/" + std::to_string(file.size()));
    EXPECT_EQ(get_with(person.http(), path, "Range", "bytes=-5").body, file.substr(file.size() - 5));
    EXPECT_EQ(get_with(person.http(), path, "Range", "bytes=99999999-").status, 416);
    const auto head = person.http().send({.method = "HEAD", .target = path});
    EXPECT_EQ(head.status, 200);
    EXPECT_TRUE(head.body.empty());
    EXPECT_EQ(head.header("Content-Length"), std::to_string(file.size()));
}

TEST(Contract, ListsArePagedNewestFirst) {
    auto person = Person::join(System::instance(), "pages");
    std::vector<std::string> uploads;
    for (int i = 0; i < 5; ++i) {
        uploads.push_back(person.upload(pictures::encode(pictures::a_photo(32 + i, 32), ".png"), "page.png"));
    }

    std::vector<std::string> listed;
    for (int page = 1; page <= 3; ++page) {
        const auto answer = person.http().get("/images?size=2&page=" + std::to_string(page));
        ASSERT_TRUE(is_page(answer, "uploads"));
        EXPECT_EQ(answer.number("data.pagination.total"), 5);
        for (const auto& upload : dig(answer.document(), "data.uploads").as_array()) listed.push_back(text_at(upload, "id"));
    }
    std::ranges::reverse(listed);
    EXPECT_EQ(listed, uploads);
    EXPECT_TRUE(is_page(person.http().get("/notifications"), "notifications"));
    EXPECT_TRUE(is_success(person.http().get("/images/stats")));
    EXPECT_EQ(person.http().get("/images/stats").status, 200);
    const auto catalogue = person.http().get("/images/transformations");
    ASSERT_TRUE(is_success(catalogue));
    std::set<std::string> names;
    for (const auto& row : dig(catalogue.document(), "data.transformations").as_array()) {
        names.insert(text_at(row, "name"));
        EXPECT_TRUE(dig(row, "parameters").is_array());
        EXPECT_FALSE(text_at(row, "description").empty());
    }
    for (const auto* name : {"grayscale", "resize", "gaussian_blur", "rotate"}) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Contract, ThePagesOfABrowserMayCallUsWhenConfigured) {
    HttpClient client(System::instance().port(Part::gateway));

    const auto preflight = client.send({.method = "OPTIONS",
                                        .target = "/images",
                                        .headers = {{"Origin", "https://app.example.com"},
                                                    {"Access-Control-Request-Method", "POST"},
                                                    {"Access-Control-Request-Headers", "authorization"}}});
    const auto foreign =
        client.send({.method = "OPTIONS",
                     .target = "/images",
                     .headers = {{"Origin", "https://evil.example.net"}, {"Access-Control-Request-Method", "POST"}}});

    EXPECT_EQ(preflight.status, 204);
    EXPECT_EQ(preflight.header("Access-Control-Allow-Origin"), "https://app.example.com");
    EXPECT_TRUE(foreign.header("Access-Control-Allow-Origin").empty());
}

}  // namespace
}  // namespace darkroom::system_test
