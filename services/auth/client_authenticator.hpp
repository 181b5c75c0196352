// Which client a request to /oauth/* comes from: RFC 6749 §2.3, and §2.3.1 for how the secret travels.
#pragma once

#include "platform/http/context.hpp"
#include "services/auth/clients_repository.hpp"
#include "services/auth/service_clients.hpp"

#include <optional>
#include <string>

namespace darkroom::accounts {

struct AuthenticatedClient {
    std::string id;
    /// Absent for Darkroom's own services.
    std::optional<StoredClient> registered{};

    bool is_service() const { return !registered; }
};

class ClientAuthenticator {
public:
    ClientAuthenticator(ServiceClients& services, ClientsRepository& clients) : services_(services), clients_(clients) {}

    /// By the Authorization header, else by the form's two fields. A client without a secret names itself only; one that has a
    /// secret must show it.
    awaitable<std::optional<AuthenticatedClient>> authenticate(const http::Context& context,
                                                               std::optional<std::string> client_id,
                                                               std::optional<std::string> client_secret);

private:
    ServiceClients& services_;
    ClientsRepository& clients_;
};

/// Whether a refusal must name the scheme.
bool came_with_header(const http::Context& context);

}  // namespace darkroom::accounts
