// What the gateway itself serves.
#include "platform/json/described.hpp"
#include "platform/testing/test_run.hpp"
#include "services/gateway/tests/door.hpp"
#include "services/gateway/tests/stub_upstream.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace darkroom::gateway {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

json::Object document_of(const http::ClientResponse& response) {
    return json::parse(response.body).value().as_object();
}

/// Stands for the npm package swagger-ui-dist.
class SwaggerFiles {
public:
    SwaggerFiles() {
        std::filesystem::create_directory(path_);
        for (const auto* name : {"swagger-ui.css", "swagger-ui-bundle.js", "secret.txt"})
            std::ofstream(path_ / name) << "content of " << name;
    }
    ~SwaggerFiles() { std::filesystem::remove_all(path_); }
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_ = std::filesystem::temp_directory_path() / ("darkroom-swagger-" + new_uuid());
};

TEST(Pages, OpenapiHoldsWhatClientsCanReachAndNothingElse) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Door door(runtime, all_at("http://127.0.0.1:1"));

        const auto answer = co_await door.get("/openapi.json");
        const auto tag = std::string(answer.headers.get("ETag"));
        const auto again = co_await door.get("/openapi.json", {{"If-None-Match", tag}});

        const auto document = document_of(answer);
        const auto& paths = document.at("paths").as_object();
        EXPECT_TRUE(paths.contains("/users/me"));
        EXPECT_TRUE(paths.contains("/images"));
        EXPECT_TRUE(paths.contains("/services/health"));
        EXPECT_FALSE(paths.contains("/internal/users"));
        EXPECT_FALSE(paths.contains("/health"));
        EXPECT_EQ(again.status, 304);
        EXPECT_EQ(again.body, "");
        EXPECT_EQ(again.headers.get("ETag"), tag);
        co_await door.stop();
    });
}

TEST(Pages, AsyncapiIsServed) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Door door(runtime, all_at("http://127.0.0.1:1"));

        const auto answer = co_await door.get("/asyncapi.json");

        EXPECT_EQ(document_of(answer).at("asyncapi"), "3.0.0");
        co_await door.stop();
    });
}

TEST(Pages, DocsRunNoForeignAndNoInlineScript) {
    SwaggerFiles files;
    testing::run(
        [](Runtime& runtime, SwaggerFiles& swagger) -> awaitable<> {
            auto variables = all_at("http://127.0.0.1:1");
            variables["SWAGGER_UI_DIR"] = swagger.path().string();
            Door door(runtime, variables);

            const auto page = co_await door.get("/docs");
            const auto bundle = co_await door.get("/docs/swagger-ui-bundle.js");
            const auto initializer = co_await door.get("/docs/initializer.js");
            const auto secret = co_await door.get("/docs/secret.txt");
            const auto outside = co_await door.get("/docs/..%2fsecret.txt");

            const std::string policy(page.headers.get("Content-Security-Policy"));
            EXPECT_THAT(policy, HasSubstr("script-src 'self';"));
            EXPECT_THAT(policy, HasSubstr("frame-ancestors 'none'"));
            EXPECT_EQ(page.headers.get("X-Content-Type-Options"), "nosniff");
            EXPECT_THAT(page.body, HasSubstr("/docs/swagger-ui-bundle.js"));
            EXPECT_THAT(page.body, Not(HasSubstr("http://")));
            EXPECT_THAT(page.body, Not(HasSubstr("https://")));
            EXPECT_THAT(page.body, Not(HasSubstr("<script>")));
            EXPECT_EQ(bundle.body, "content of swagger-ui-bundle.js");
            EXPECT_THAT(std::string(bundle.headers.get("Content-Type")), HasSubstr("text/javascript"));
            EXPECT_THAT(initializer.body, HasSubstr("/openapi.json"));
            EXPECT_EQ(secret.status, 404);
            EXPECT_GE(outside.status, 400);
            co_await door.stop();
        },
        files);
}

TEST(Pages, WithoutSwaggerUiDocsAreAPlainList) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        auto variables = all_at("http://127.0.0.1:1");
        variables["SWAGGER_UI_DIR"] = "/nonexistent";
        Door door(runtime, variables);

        const auto page = co_await door.get("/docs");

        EXPECT_THAT(page.body, HasSubstr("<code>/users/me</code>"));
        EXPECT_THAT(page.body, HasSubstr("Own &lt;profile&gt;."));
        EXPECT_THAT(page.body, Not(HasSubstr("<script")));
        co_await door.stop();
    });
}

TEST(Pages, ABrowserAtTheRootIsSentToTheDocs) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        Door door(runtime, all_at("http://127.0.0.1:1"));

        const auto browser = co_await door.get("/", {{"Accept", "text/html,application/xhtml+xml"}});

        EXPECT_EQ(browser.status, 302);
        EXPECT_EQ(browser.headers.get("Location"), "/docs");
        EXPECT_THAT(std::string(browser.headers.get("Content-Security-Policy")), HasSubstr("default-src 'none'"));
        co_await door.stop();
    });
}

TEST(ServicesHealth, EveryServiceIsThereAliveOrNot) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        const std::string healthy = R"({"service":"user-service","status":"healthy","timestamp":"2026-11-23T00:00:00.000Z",)"
                                    R"("version":"1.2.3","uptime":1,"memory_usage":1,"cpu_usage":0,"dependencies":{}})";
        ScriptedUpstream users(runtime, {{.answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
                                                    std::to_string(healthy.size()) + "\r\n\r\n" + healthy}});
        ScriptedUpstream silent(runtime, {{.close_after = 0}});
        auto variables = all_at("http://127.0.0.1:1");
        variables["USERS_URL"] = users.url() + ",http://127.0.0.1:1";
        variables["IMAGES_URL"] = silent.url();
        Door door(runtime, variables);
        const auto start = SteadyClock::now();

        const auto answer = co_await door.get("/services/health");

        EXPECT_LT(SteadyClock::now() - start, 2s);
        const auto data = document_of(answer).at("data").as_object();
        for (const auto* service :
             {"auth-service", "event-bus", "image-service", "user-service", "notification-service", "api-gateway"}) {
            EXPECT_TRUE(data.contains(service)) << service;
        }
        const auto& user_service = data.at("user-service").as_object();
        EXPECT_EQ(user_service.at("status"), "healthy");
        EXPECT_EQ(user_service.at("instances"), 2);
        EXPECT_EQ(user_service.at("instances_up"), 1);
        EXPECT_EQ(user_service.at("version"), "1.2.3");
        EXPECT_EQ(data.at("auth-service").at("status"), "unhealthy");
        EXPECT_EQ(data.at("image-service").at("status"), "unhealthy");
        EXPECT_EQ(data.at("api-gateway").at("status"), "healthy");
        EXPECT_THAT(answer.body, Not(HasSubstr("127.0.0.1")));
        co_await door.stop();
    });
}

}  // namespace
}  // namespace darkroom::gateway
