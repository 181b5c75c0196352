#include "services/gateway/domain/membership.hpp"

#include "platform/http/client_address.hpp"

#include <algorithm>

namespace darkroom::gateway {

namespace {

bool is_v6(const std::string& address) {
    return address.find(':') != std::string::npos;
}

void add_once(std::vector<Address>& members, Address address) {
    if (std::ranges::find(members, address) == members.end()) members.push_back(std::move(address));
}

/// Of the family that the name has several addresses in. An IPv4 and an IPv6 address are rather one host than two.
std::vector<std::string> several_of_one_family(const std::vector<std::string>& addresses) {
    for (const bool v6 : {false, true}) {
        std::vector<std::string> family;
        std::ranges::copy_if(addresses, std::back_inserter(family), [v6](const auto& address) { return is_v6(address) == v6; });
        if (family.size() > 1) return family;
    }
    return {};
}

}  // namespace

Membership::Membership(std::vector<Address> configured) : configured_(std::move(configured)) {}

std::set<std::string> Membership::names() const {
    std::set<std::string> names;
    for (const auto& address : configured_) {
        if (!http::IpAddress::parse(address.host)) names.insert(address.host);
    }
    return names;
}

void Membership::resolved(const std::string& name, std::vector<std::string> addresses) {
    if (!addresses.empty()) addresses_[name] = std::move(addresses);
}

bool Membership::heard(const Address& instance, SteadyClock::time_point now) {
    return announced_.insert_or_assign(instance, now).second;
}

void Membership::left(const Address& instance) {
    announced_.erase(instance);
}

void Membership::set_listening(bool listening, SteadyClock::time_point now) {
    listening_ = listening;
    for (auto& [address, heard] : announced_) heard = now;
}

std::vector<Address> Membership::members(SteadyClock::time_point now) {
    if (listening_) std::erase_if(announced_, [now](const auto& entry) { return now - entry.second > silence; });
    std::vector<Address> members;
    for (const auto& [address, heard] : announced_) members.push_back(address);
    for (const auto& configured : configured_) add_configured(configured, members);
    return members;
}

void Membership::add_configured(const Address& configured, std::vector<Address>& members) const {
    const auto found = addresses_.find(configured.host);
    const auto addresses = found == addresses_.end() ? std::vector<std::string>{} : found->second;
    const auto several = several_of_one_family(addresses);
    for (const auto& address : several) add_once(members, {address, configured.port});
    if (!several.empty()) return;
    const auto has_announced_itself = [&](const std::string& address) {
        return announced_.contains({address, configured.port});
    };
    const bool unknown_name = addresses.empty() && !http::IpAddress::parse(configured.host);
    const bool known_otherwise = std::ranges::any_of(addresses, has_announced_itself) || (unknown_name && !announced_.empty());
    if (!known_otherwise) add_once(members, configured);
}

}  // namespace darkroom::gateway
