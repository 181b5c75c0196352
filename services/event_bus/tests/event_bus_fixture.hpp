// The event bus on a private database and Redis.
#pragma once

#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"
#include "platform/testing/test_service.hpp"
#include "services/event_bus/app.hpp"

namespace darkroom::event_bus {

/// The servers behind one test.
struct Servers {
    testing::PgDatabase database{"bus", {migrations()}};
    testing::RedisServer redis;
};

inline std::unique_ptr<testing::TestService> start_bus(Runtime& runtime, Servers& servers) {
    const Config config{.database_url = Secret(servers.database.url()), .database_connections = 4, .private_webhooks = true};
    const auto build = [config](ServiceHost& host) { return std::make_unique<App>(config, host); };
    return std::make_unique<testing::TestService>(
        runtime, testing::TestServiceOptions{.name = "event-bus", .redis_url = servers.redis.url()}, build);
}

inline testing::TestRequest publish_request(std::string body) {
    return {.verb = http::Verb::post, .target = "/events/publish", .token = "service:image-service", .body = std::move(body)};
}

}  // namespace darkroom::event_bus
