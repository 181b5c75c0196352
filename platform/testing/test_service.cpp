#include "platform/testing/test_service.hpp"

namespace darkroom::testing {

TestService::TestService(Runtime& runtime, TestServiceOptions options, const BuildApplication& build)
    : runtime_(runtime),
      redis_url_(redis::Url::parse(options.redis_url).value()),
      metrics_(options.name),
      health_(options.name),
      client_(runtime),
      tokens_(runtime, client_, http::Origin::parse(options.auth_url).value(), options.name, Secret("secret")),
      revocations_(runtime, client_, tokens_, {.redis = redis_url_, .auth = http::Origin::parse(options.auth_url).value()}),
      authenticator_(options.authenticator != nullptr ? *options.authenticator : fake_authenticator_),
      redis_(runtime.executor(), runtime.cpu(), {.url = redis_url_}),
      host_{runtime_,
            client_,
            authenticator_,
            revocations_,
            tokens_,
            metrics_,
            redis_,
            redis_url_,
            http::Origin::parse(options.auth_url).value(),
            http::Origin::parse(options.events_url).value(),
            options.name,
            health_},
      router_(authenticator_, metrics_),
      system_api_(health_, metrics_, options.name),
      application_(build(host_)) {
    // As a service does by default.
    router_.trust(http::Networks::parse("127.0.0.0/8, ::1").value());
    router_.add(SystemApi::endpoints(), system_api_);
    application_->mount(router_);
    server_ = std::make_unique<http::Server>(runtime_, http::ServerOptions{}, application_->front(router_));
    application_->start();
    server_->listen();
}

TestService::~TestService() = default;

http::Origin TestService::origin() const {
    return {"127.0.0.1", server_->port()};
}

awaitable<http::ClientResponse> TestService::send(TestRequest request) {
    http::ClientRequest outgoing{
        .verb = request.verb, .target = std::move(request.target), .headers = std::move(request.headers)};
    if (!request.token.empty()) outgoing.headers.set("Authorization", "Bearer " + request.token);
    if (!request.body.empty() && !outgoing.headers.has("Content-Type"))
        outgoing.headers.set("Content-Type", "application/json");
    outgoing.body = std::move(request.body);
    auto response = co_await client_.send(origin(), std::move(outgoing));
    co_return response;
}

awaitable<> TestService::stop() {
    router_.close_sockets();
    application_->quiesce();
    co_await server_->drain(2s);
    co_await application_->stop();
    co_await runtime_.tasks().stop(2s);
}

json::Value data_of(const http::ClientResponse& response) {
    if (!response.ok()) throw std::runtime_error("answer " + std::to_string(response.status) + ": " + response.body);
    return json::parse(response.body).value().as_object().at("data");
}

}  // namespace darkroom::testing
