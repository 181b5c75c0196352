// Verifies bearer tokens locally, against cached keys and the list of revoked sessions.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/auth/api_keys.hpp"
#include "platform/auth/jwt.hpp"
#include "platform/auth/revocations.hpp"
#include "platform/auth/session_activity.hpp"
#include "platform/core/bounded_map.hpp"
#include "platform/http/client.hpp"
#include "platform/http/router.hpp"

#include <string>
#include <vector>

namespace darkroom::auth {

struct VerifierOptions {
    http::Origin auth;
    /// This service's name: the audience that services' tokens must have.
    std::string service;
    /// Audiences of tokens that are for somebody behind this service (the gateway).
    std::vector<std::string> further_audiences{};
    /// An unknown key id makes the keys be fetched again, one fetch at a time and at most this often. Its request waits until
    /// the key is there or a fetch has ended that began after the request came.
    Milliseconds refetch_interval = 1s;
    /// Verified tokens are remembered until they expire; the oldest leave first.
    std::size_t cache_entries = 10'000;
};

/// The token of `Authorization: Bearer …`, or of `?token=` where allowed; nullopt when the request brings none.
/// Failure malformed for another scheme than Bearer is not raised: such a header counts as no token.
std::optional<std::string> bearer_token(const http::RequestHead& request, bool token_in_query);

class TokenVerifier : public http::Authenticator {
public:
    TokenVerifier(Runtime& runtime, http::Client& client, const Revocations& revocations, VerifierOptions options);

    /// From now on `X-API-Key` is good too, where a request has no bearer token. `keys` must outlive this.
    void accept(ApiKeys& keys) { api_keys_ = &keys; }
    /// From now on the use of people's sessions is noted there. `activity` must outlive this.
    void note_use_in(SessionActivity& activity) { activity_ = &activity; }
    /// Fetches the keys in the background, again every few minutes.
    void start();
    awaitable<Caller> authenticate(const http::RequestHead& request, bool token_in_query) override;
    /// Throws Failure: unauthenticated "invalid_token" or "session_revoked", unavailable "keys_unavailable" when the fetch that
    /// was waited for failed.
    awaitable<Caller> verify(std::string token);

private:
    /// From the cache, or by its signature.
    awaitable<Caller> caller_of(std::string token);
    awaitable<Caller> verify_key(std::string key);
    awaitable<> keep_keys_fresh();
    /// Has the keys fetched as soon as that may be; nothing when it is to happen already.
    void want_keys();
    awaitable<> fetch_when_due();
    /// Why it could not; empty when it could.
    awaitable<std::string> fetch_keys();
    awaitable<> require_key(const std::string& token);
    void refuse_if_dead(const Caller& caller) const;

    Runtime& runtime_;
    http::Client& client_;
    const Revocations& revocations_;
    ApiKeys* api_keys_ = nullptr;
    SessionActivity* activity_ = nullptr;
    VerifierOptions options_;
    ClaimRules rules_;
    KeySet keys_;
    SteadyClock::time_point attempted_at_{};
    /// Fetches are numbered as they begin; there is one at a time.
    std::uint64_t begun_ = 0;
    std::uint64_t ended_ = 0;
    bool wanted_ = false;
    /// What the last one says of itself; empty when it went well.
    std::string problem_;
    Notifier fetched_;
    BoundedMap<Caller> verified_;
};

}  // namespace darkroom::auth
