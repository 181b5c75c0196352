// Makes and reads this system's access tokens.
#pragma once

#include "platform/auth/jwt.hpp"
#include "platform/core/time.hpp"
#include "services/auth/domain/account.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

/// What narrows a token that is not for the person in a session of their own.
struct TokenScope {
    std::vector<std::string> scopes;
    Seconds life;
    /// Of the application, where there is one.
    std::string client_id{};
};

/// at+jwt (RFC 9068), EdDSA. One key signs; it is also the only one in the key set until rotation comes.
class TokenIssuer {
public:
    TokenIssuer(auth::SigningKey key, const Clock& clock, Seconds life);

    /// For people: audience "darkroom".
    std::string issue(const Account& account, const SessionId& session) const;
    /// For an API key or an application that acts for a person.
    std::string issue(const Account& account, const SessionId& grant, const TokenScope& scope) const;
    /// For a service that calls another: one audience, no role.
    std::string issue_to_service(const std::string& client_id, const std::string& audience) const;
    Seconds life() const { return life_; }

    /// Signature, time, issuer and audience; whether the session has ended is the database's to say.
    Result<auth::Caller> read(std::string_view token) const;
    /// {"keys": […]}, RFC 7517.
    const json::Object& key_set() const { return key_set_; }

private:
    json::Object claims_for(std::string subject, const std::string& audience, Seconds life) const;
    json::Object claims_for(const Account& account, const SessionId& session, Seconds life) const;

    auth::SigningKey key_;
    const Clock& clock_;
    Seconds life_;
    json::Object key_set_;
    auth::KeySet keys_;
};

}  // namespace darkroom::accounts
