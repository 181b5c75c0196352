// Verifies bearer tokens locally, against cached keys and the list of revoked sessions.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/auth/jwt.hpp"
#include "platform/http/client.hpp"
#include "platform/http/router.hpp"
#include "platform/redis/subscriber.hpp"

namespace darkroom::auth {

/// Session ids that must no longer be believed. Fed by Redis (`darkroom.revoked` and the keys darkroom:revoked:*), and by
/// polling auth-service every second while Redis is away. Entries leave after the longest life of an access token.
class Revocations;

struct VerifierOptions {
    http::Origin auth;
    /// This service's name: the audience that services' tokens must have.
    std::string service;
    /// Refetch at most this often for an unknown key id.
    Milliseconds refetch_interval = 5s;
    /// Verified tokens are remembered until they expire; the oldest leave first.
    std::size_t cache_entries = 10'000;
};

class TokenVerifier : public http::Authenticator {
public:
    TokenVerifier(Runtime& runtime, http::Client& client, Revocations& revocations, VerifierOptions options);
    ~TokenVerifier() override;

    awaitable<Caller> authenticate(const http::RequestHead& request, bool token_in_query) override;
    awaitable<Caller> verify(std::string token);
    /// Fetches the keys in the background until it succeeds, then every few minutes.
    void start();

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace darkroom::auth
