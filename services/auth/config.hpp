// The variables of auth-service beside those of every service (platform/service/config.hpp).
#pragma once

#include "platform/service/config.hpp"

#include <string>

namespace darkroom::accounts {

struct Config {
    Secret database_url;
    /// Paths, read when the application is built.
    std::string signing_key_file;
    std::string clients_file;
    int bcrypt_cost = 12;
    Seconds access_token_life{};
    Seconds refresh_token_life{};
    Seconds refresh_grace{};
    Seconds setup_link_life{};
    /// Where people reach the gateway; setup links begin with it.
    std::string public_url;
    Milliseconds purge_after{};
    /// New accounts must confirm their address before they can sign in, and a new address before it replaces the old one.
    bool email_verification = false;
    http::Origin notifications{};
    Milliseconds session_use_interval = 30s;
    /// Common passwords, and those that are a name with little else.
    bool refuse_guessable_passwords = false;
    /// Empty: no second factors and no Idempotency-Key.
    std::string encryption_key_file{};

    static Config load(Environment& environment) {
        Config config;
        config.database_url = environment.required_secret("DATABASE_URL", "PostgreSQL, as the role darkroom_auth.");
        config.signing_key_file = environment.required_text(
            "AUTH_SIGNING_KEY_FILE",
            "Private keys (PEM): the first signs access tokens, the first RSA or P-256 key signs ID tokens, all verify.");
        config.clients_file =
            environment.required_text("AUTH_CLIENTS_FILE", R"(JSON object {"client_id": "secret"} of the services.)");
        config.bcrypt_cost = static_cast<int>(
            environment.integer("AUTH_BCRYPT_COST", 12, 10, 16, "Rounds of password hashing, as a power of two."));
        config.access_token_life = seconds(environment, "ACCESS_TOKEN_LIFE", 15min, "How long access tokens live.");
        // Verifiers forget revoked sessions after a quarter of an hour unless told otherwise, and nobody can take a token back.
        if (config.access_token_life < 10s || config.access_token_life > 15min) {
            environment.problem("ACCESS_TOKEN_LIFE", "must be from 10s to 15m");
        }
        config.refresh_token_life =
            seconds(environment, "REFRESH_TOKEN_LIFE", Milliseconds{720h}, "How long an unused refresh token lives.");
        config.refresh_grace =
            seconds(environment, "AUTH_REFRESH_GRACE", 0ms,
                    "How long a traded refresh token is taken again, for tabs that refresh at once; 0 for never.");
        if (config.refresh_grace > 60s) environment.problem("AUTH_REFRESH_GRACE", "must be at most 60s");
        config.setup_link_life =
            seconds(environment, "AUTH_SETUP_LINK_LIFE", Milliseconds{24h}, "How long a link for the first admin is good.");
        config.public_url = environment.text("PUBLIC_URL", "http://127.0.0.1:8000", "Where people reach the gateway.");
        config.purge_after =
            environment.duration("ACCOUNT_PURGE_AFTER", 0ms,
                                 "How long a deleted account can be restored before it is purged everywhere (30d, say).");
        const auto verification = environment.text(
            "AUTH_EMAIL_VERIFICATION", "off", "on: an e-mail address must be confirmed, at registration before signing in.");
        if (verification != "on" && verification != "off") environment.problem("AUTH_EMAIL_VERIFICATION", "must be on or off");
        config.email_verification = verification == "on";
        const auto guessable = environment.text("AUTH_GUESSABLE_PASSWORDS", "allowed",
                                                "refused: no new password that is common or little more than a name.");
        if (guessable != "allowed" && guessable != "refused")
            environment.problem("AUTH_GUESSABLE_PASSWORDS", "must be allowed or refused");
        config.refuse_guessable_passwords = guessable == "refused";
        config.session_use_interval =
            environment.duration("AUTH_SESSION_USE_INTERVAL", 30s, "How often it is stored when sessions were last used.");
        if (config.session_use_interval < 1s) environment.problem("AUTH_SESSION_USE_INTERVAL", "must be at least 1s");
        config.encryption_key_file = environment.text("AUTH_ENCRYPTION_KEY_FILE", "",
                                                      "32 random bytes in base64 that seal authenticator secrets and answers "
                                                      "kept for an Idempotency-Key; neither if unset.");
        config.notifications = ServiceConfig::origin(environment, "NOTIFICATIONS_URL", "http://127.0.0.1:8005",
                                                     "Where notification-service is; several instances separated by commas.");
        return config;
    }

private:
    static Seconds seconds(Environment& environment, std::string_view name, Milliseconds fallback,
                           std::string_view description) {
        return std::chrono::duration_cast<Seconds>(environment.duration(name, fallback, description));
    }
};

}  // namespace darkroom::accounts
