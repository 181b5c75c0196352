// Which instances one service has, from three sources: addresses that were configured, what configured names resolve to, and
// instances that announce themselves. No clock, no I/O.
#pragma once

#include "services/gateway/domain/balancer.hpp"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace darkroom::gateway {

class Membership {
public:
    /// Instances announce themselves twice a second (platform/service/announcer.hpp): silent for so long, they are gone.
    static constexpr Milliseconds silence{1500};

    /// At least one.
    explicit Membership(std::vector<Address> configured);

    /// The hosts that are names, each once.
    std::set<std::string> names() const;
    /// What a name resolves to now. Nothing: what it resolved to before stays.
    void resolved(const std::string& name, std::vector<std::string> addresses);

    /// True when it was not known.
    bool heard(const Address& instance, SteadyClock::time_point now);
    void left(const Address& instance);
    /// Whether announcements can arrive. While they cannot, and for a moment afterwards, silence means nothing.
    void set_listening(bool listening, SteadyClock::time_point now);

    /// Each once, at least one. A name with several addresses stands for all of them; one with a single address is left to the
    /// system's resolver, unless that instance has announced itself.
    std::vector<Address> members(SteadyClock::time_point now);

private:
    void add_configured(const Address& configured, std::vector<Address>& members) const;

    std::vector<Address> configured_;
    std::map<std::string, std::vector<std::string>> addresses_;
    std::map<Address, SteadyClock::time_point> announced_;
    bool listening_ = false;
};

}  // namespace darkroom::gateway
