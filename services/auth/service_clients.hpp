// The built-in OAuth2 clients: Darkroom's own services and its command line.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/secret.hpp"

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace darkroom::accounts {

/// Secrets are random and long, so their SHA-256 is all that is kept of them.
class ServiceClients {
public:
    /// {"image-service": "secret", …}; throws std::runtime_error naming what is wrong, never a secret.
    static ServiceClients parse(const Secret& json);

    bool authenticate(const std::string& client_id, std::string_view secret) const;
    /// A token may be made out to any of the services, and to nobody else.
    static bool is_audience(std::string_view name);

private:
    std::map<std::string, std::array<unsigned char, 32>> digests_;
};

}  // namespace darkroom::accounts
