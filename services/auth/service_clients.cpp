#include "services/auth/service_clients.hpp"

#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"

#include <algorithm>
#include <stdexcept>

namespace darkroom::accounts {

namespace {

constexpr std::array<std::string_view, 6> services{"api-gateway",  "event-bus",    "image-service",
                                                   "user-service", "auth-service", "notification-service"};
constexpr std::size_t shortest_secret = 16;

}  // namespace

ServiceClients ServiceClients::parse(const Secret& json) {
    const auto secrets = json::decode_json<std::map<std::string, std::string>>(json.reveal());
    if (!secrets) throw std::runtime_error("the clients file is not a JSON object of texts");
    ServiceClients clients;
    for (const auto& [client_id, secret] : *secrets) {
        if (secret.size() < shortest_secret) throw std::runtime_error("the secret of " + client_id + " is too short");
        clients.digests_.emplace(client_id, sha256(secret));
    }
    return clients;
}

bool ServiceClients::authenticate(const std::string& client_id, std::string_view secret) const {
    const auto digest = sha256(secret);
    const auto known = digests_.find(client_id);
    return known != digests_.end() && constant_time_equal(view_of(digest), view_of(known->second));
}

bool ServiceClients::is_audience(std::string_view name) {
    return std::ranges::find(services, name) != services.end();
}

}  // namespace darkroom::accounts
