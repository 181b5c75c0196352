// /oauth/clients: the applications that may ask people for access, kept by admins.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/accounts_api.hpp"
#include "services/auth/clients_repository.hpp"
#include "services/auth/idempotent_api.hpp"
#include "services/auth/revocation_publisher.hpp"

namespace darkroom::accounts {

struct ClientRequest {
    Label name{};
    std::optional<std::vector<RedirectUri>> redirect_uris;
    /// authorization_code and refresh_token, unless given.
    std::optional<std::vector<GrantType>> grant_types;
    /// The most it may ever ask for.
    std::vector<std::string> scopes;
    /// False for what runs in a browser or on a phone and cannot keep a secret.
    std::optional<bool> confidential;
};
BOOST_DESCRIBE_STRUCT(ClientRequest, (), (name, redirect_uris, grant_types, scopes, confidential))

struct ClientReply : OauthClient {
    /// Shown this once; only for a confidential client.
    std::optional<std::string> client_secret{};
};
BOOST_DESCRIBE_STRUCT(ClientReply, (OauthClient), (client_secret))

struct ClientList {
    std::vector<OauthClient> clients;
    http::Pagination pagination{};
};
BOOST_DESCRIBE_STRUCT(ClientList, (), (clients, pagination))

struct ClientPath {
    ClientId id{};
};
BOOST_DESCRIBE_STRUCT(ClientPath, (), (id))

class ClientsApi {
public:
    ClientsApi(ClientsRepository& clients, IdempotencyRepository& idempotency, RevocationPublisher& revocations)
        : clients_(clients), idempotency_(idempotency), revocations_(revocations) {}

    static const http::Endpoints<ClientsApi>& endpoints();

private:
    awaitable<http::Ok<ClientReply>> create(http::Context& context, http::Body<ClientRequest> body);
    awaitable<http::Ok<ClientList>> list(http::Query<http::PageQuery> query);
    awaitable<http::Ok<>> remove(http::Context& context, http::Path<ClientPath> path);

    ClientsRepository& clients_;
    IdempotencyRepository& idempotency_;
    RevocationPublisher& revocations_;
};

}  // namespace darkroom::accounts
