#include "services/gateway/discovery.hpp"

#include "platform/async/deadline.hpp"
#include "platform/async/resolve.hpp"
#include "platform/core/log.hpp"
#include "platform/service/announcement.hpp"

namespace darkroom::gateway {

namespace {

constexpr Milliseconds look_up_interval = 1s;
constexpr Milliseconds look_up_deadline = 2s;
/// How late, at most, a silent instance is noticed.
constexpr Milliseconds refresh_interval = 200ms;
/// Each refused address is logged once, up to so many.
constexpr std::size_t most_refused = 100;

}  // namespace

Discovery::Discovery(Parts parts)
    : runtime_(parts.runtime),
      upstreams_(parts.upstreams),
      probes_(parts.probes),
      networks_(std::move(parts.networks)),
      subscriber_(parts.runtime.executor(), parts.runtime.cpu(), {.url = std::move(parts.redis)}) {
    for (const auto& [service, upstream] : upstreams_.all()) memberships_.emplace(service, Membership(upstream.configured()));
}

void Discovery::start(TaskGroup& tasks) {
    for (auto& [service, membership] : memberships_) {
        for (const auto& name : membership.names()) tasks.spawn("look-up of " + name, look_up(membership, name));
    }
    subscriber_.subscribe(std::string(announcement_channel), [this](std::string_view text) { hear(text); });
    subscriber_.on_connected([this] { set_listening(true); });
    subscriber_.on_disconnected([this] { set_listening(false); });
    subscriber_.start();
    refresh();
    tasks.spawn("instances", refresh_regularly());
}

awaitable<> Discovery::look_up(Membership& membership, std::string name) {
    while (true) {
        std::vector<std::string> addresses;
        try {
            addresses = co_await with_deadline(look_up_deadline, "the name look-up", resolve_host(runtime_.cpu(), name));
        } catch (const Failure&) {  // what was known stays
            addresses.clear();
        }
        membership.resolved(name, std::move(addresses));
        co_await pause_for(look_up_interval);
    }
}

awaitable<> Discovery::refresh_regularly() {
    while (true) {
        co_await pause_for(refresh_interval);
        refresh();
    }
}

void Discovery::refresh() {
    const auto now = SteadyClock::now();
    for (auto& [service, membership] : memberships_) upstreams_.of(service).balancer().set_members(membership.members(now));
    probes_.follow();
}

void Discovery::hear(std::string_view text) {
    const auto announcement = json::decode_json<Announcement>(text, json::Unknown::ignore);
    if (!announcement) return;
    const auto found = memberships_.find(announcement->service);
    const auto origin = http::Origin::parse(announcement->url);
    // Gateways may be older than what they listen to.
    if (found == memberships_.end() || !origin) return;
    const auto address = address_of(*origin);
    if (!networks_.contains(address.host)) {
        const bool is_new = refused_.size() < most_refused && refused_.insert(announcement->url).second;
        if (is_new) {
            log::warning("an announced instance is outside INSTANCE_NETWORKS",
                         {{"service", announcement->service}, {"instance", address.text()}});
        }
        return;
    }
    if (announcement->leaves) {
        found->second.left(address);
        refresh();
    } else if (found->second.heard(address, SteadyClock::now())) {
        refresh();
    }
}

void Discovery::set_listening(bool listening) {
    const auto now = SteadyClock::now();
    for (auto& [service, membership] : memberships_) membership.set_listening(listening, now);
}

}  // namespace darkroom::gateway
