#include "services/gateway/tests/door.hpp"

#include "platform/http/openapi.hpp"
#include "platform/testing/test_run.hpp"
#include "services/gateway/documents.hpp"

namespace darkroom::gateway {

namespace {

/// Documents as services write them; the real ones are under the contract tests' eyes.
constexpr std::string_view users_document = R"({
    "info": {"description": "Profiles."},
    "paths": {
        "/users/me": {"get": {"summary": "Own <profile>.", "security": [{"bearer": []}]}},
        "/users/open": {"get": {"security": []}},
        "/roles": {"get": {"security": [{"bearer": []}]}},
        "/health": {"get": {"summary": "not ours"}},
        "/internal/users": {"get": {"security": []}}
    }})";
constexpr std::string_view images_document = R"({"paths": {"/images": {"get": {"security": [{"bearer": []}]}}}})";

Config config_from(const Variables& variables) {
    Environment environment([&variables](std::string_view name) -> std::optional<std::string> {
        const auto found = variables.find(name);
        return found == variables.end() ? std::nullopt : std::optional(found->second);
    });
    auto config = Config::load(environment);
    environment.finish();
    return config;
}

std::optional<Certificate> certificate_of(const Config& config, telemetry::Metrics& metrics) {
    return config.tls ? std::optional<Certificate>(std::in_place, *config.tls, metrics) : std::nullopt;
}

json::Object test_openapi(const RouteTable& routes) {
    const http::ApiInfo info{"api-gateway", "Gateway", "The door.", "1.0.0"};
    const std::vector<ServiceDocument> documents{{"api-gateway", http::openapi_document(info, Api::endpoints().rows())},
                                                 {"user-service", json::parse(users_document).value().as_object()},
                                                 {"image-service", json::parse(images_document).value().as_object()}};
    return public_openapi(documents, routes, "1.0.0");
}

}  // namespace

Variables all_at(const std::string& url) {
    return {{"AUTH_URL", url},          {"USERS_URL", url},  {"IMAGES_URL", url},
            {"NOTIFICATIONS_URL", url}, {"EVENTS_URL", url}, {"DARKROOM_RATE_LIMITS", "off"}};
}

Door::Door(Runtime& runtime, const Variables& variables, const http::ClientOptions& options)
    : executor_(runtime.executor()),
      metrics_("api-gateway"),
      config_(config_from(variables)),
      openapi_(test_openapi(config_.routes)),
      access_(openapi_),
      upstream_client_(runtime, options),
      client_(runtime),
      upstreams_(config_.upstreams),
      own_health_("api-gateway"),
      health_(upstream_client_, upstreams_, own_health_),
      api_(health_, {openapi_, config_.swagger_ui}),
      router_(authenticator_, metrics_),
      gateway_({config_, access_, upstream_client_, upstreams_, authenticator_, metrics_}, router_),
      certificate_(certificate_of(config_, metrics_)),
      server_(runtime, {.tls = certificate_ ? certificate_->slot() : nullptr}, gateway_) {
    router_.add(Api::endpoints(), api_);
    server_.listen();
}

awaitable<> Door::stop(Milliseconds limit) {
    gateway_.close_tunnels();
    return server_.drain(limit);
}

awaitable<http::ClientResponse> Door::ask(http::ClientRequest request) {
    return client_.send(origin(), std::move(request));
}

awaitable<http::ClientResponse> Door::get(std::string target, http::Headers headers) {
    http::ClientRequest request{.target = std::move(target), .headers = std::move(headers)};
    return client_.send(origin(), std::move(request));
}

namespace {

struct Setting {
    awaitable<> (*body)(Door&, StubUpstream&);
    const Variables& changes;
    const http::ClientOptions& options;
};

awaitable<> play(Runtime& runtime, Setting& setting) {
    StubUpstream upstream(runtime);
    auto variables = all_at(upstream.url());
    for (const auto& [name, value] : setting.changes) variables[name] = value;
    Door door(runtime, variables, setting.options);
    std::exception_ptr error;
    try {
        co_await setting.body(door, upstream);
    } catch (...) {  // both must be taken down first
        error = std::current_exception();
    }
    co_await door.stop();
    co_await upstream.stop();
    if (error) std::rethrow_exception(error);
}

}  // namespace

void with_door(awaitable<> (*body)(Door&, StubUpstream&), const Variables& changes, const http::ClientOptions& options) {
    Setting setting{body, changes, options};
    testing::run(&play, setting);
}

}  // namespace darkroom::gateway
