// Finds the instances of the services: looks configured names up, and listens to those that announce themselves in Redis.
#pragma once

#include "platform/http/client_address.hpp"
#include "platform/redis/subscriber.hpp"
#include "services/gateway/domain/membership.hpp"
#include "services/gateway/instance_probes.hpp"
#include "services/gateway/upstreams.hpp"

namespace darkroom::gateway {

/// Names are looked up each second. An instance is in at its first announcement and out a second and a half after its last one,
/// or at once when it says that it leaves. Announcements are believed from `networks` only: whoever can write to Redis could
/// otherwise have clients' tokens sent anywhere. Loop thread only.
class Discovery {
public:
    struct Parts {
        Runtime& runtime;
        Upstreams& upstreams;
        InstanceProbes& probes;
        redis::Url redis;
        http::Networks networks;
    };
    /// What is given by reference outlives this.
    explicit Discovery(Parts parts);

    /// Spawns its tasks; until they are cancelled.
    void start(TaskGroup& tasks);

private:
    awaitable<> look_up(Membership& membership, std::string name);
    awaitable<> refresh_regularly();
    void refresh();
    void hear(std::string_view text);
    void set_listening(bool listening);

    Runtime& runtime_;
    Upstreams& upstreams_;
    InstanceProbes& probes_;
    http::Networks networks_;
    /// By service.
    std::map<std::string, Membership, std::less<>> memberships_;
    std::set<std::string> refused_;
    redis::Subscriber subscriber_;
};

}  // namespace darkroom::gateway
