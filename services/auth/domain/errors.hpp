// Every refusal of the authentication service. Codes are public contract.
#pragma once

#include "platform/core/error.hpp"

namespace darkroom::accounts {

inline Error email_taken() {
    return {Kind::conflict, "email_taken", "email: is already taken", {{"email", "is already taken"}}};
}
inline Error username_taken() {
    return {Kind::conflict, "username_taken", "username: is already taken", {{"username", "is already taken"}}};
}
/// One answer for an unknown e-mail and for a wrong password.
inline Error invalid_credentials() {
    return {Kind::unauthenticated, "invalid_credentials", "e-mail or password is wrong"};
}
inline Error account_suspended() {
    return {Kind::forbidden, "account_suspended", "this account is suspended"};
}
inline Error account_inactive() {
    return {Kind::forbidden, "account_inactive", "this account is not active"};
}
inline Error account_pending() {
    return {Kind::forbidden, "account_pending", "this account waits for its e-mail address to be verified"};
}
inline Error refresh_token_invalid() {
    return {Kind::unauthenticated, "refresh_token_invalid", "the refresh token is not valid"};
}
inline Error refresh_token_expired() {
    return {Kind::unauthenticated, "refresh_token_expired", "the refresh token has expired"};
}
inline Error refresh_token_reused() {
    return {Kind::unauthenticated, "refresh_token_reused", "the refresh token was used before; the session has been ended"};
}
inline Error session_revoked() {
    return {Kind::unauthenticated, "session_revoked", "the session has been ended"};
}
inline Error session_not_found() {
    return {Kind::not_found, "session_not_found", "there is no such session"};
}
inline Error account_not_found() {
    return {Kind::not_found, "user_not_found", "there is no such user"};
}
inline Error account_exists() {
    return {Kind::conflict, "account_exists", "there is an account with this id already"};
}
inline Error wrong_password() {
    return {Kind::forbidden, "wrong_password", "old_password: is wrong", {{"old_password", "is wrong"}}};
}
inline Error last_admin() {
    return {Kind::conflict, "last_admin", "the last active admin must stay one"};
}
inline Error account_changed() {
    return {Kind::precondition_failed, "precondition_failed", "the account has changed since you read it"};
}
inline Error setup_link_invalid() {
    return {Kind::forbidden, "setup_link_invalid",
            "this link has been used or has expired; `./darkroom admin link` makes a new one"};
}
inline Error api_key_not_found() {
    return {Kind::not_found, "api_key_not_found", "there is no such API key"};
}
inline Error api_keys_exhausted() {
    return {Kind::conflict, "api_keys_exhausted", "an account can have 50 API keys; delete one first"};
}
inline Error client_not_found() {
    return {Kind::not_found, "client_not_found", "there is no such application"};
}
inline Error scope_missing(std::string_view scope) {
    return {Kind::forbidden, "insufficient_scope", "the token lacks the scope " + std::string(scope)};
}
inline Error link_invalid() {
    return {Kind::invalid,
            "link_invalid",
            "token: has been used, has expired or was never good",
            {{"token", "has been used, has expired or was never good"}}};
}
inline Error email_changes_exhausted() {
    return {Kind::rate_limited,
            "email_changes_exhausted",
            "email: was to be changed too often within an hour",
            {{"email", "was to be changed too often within an hour"}},
            std::chrono::seconds{3600}};
}
inline Error account_locked(std::chrono::seconds left) {
    return {Kind::rate_limited, "account_locked", "too many failed attempts; try again later or set a new password", {}, left};
}
inline Error too_many_attempts(std::chrono::seconds left) {
    return {Kind::rate_limited, "too_many_attempts", "too many failed attempts from this address", {}, left};
}
inline Error otp_required() {
    return {
        Kind::unauthenticated, "otp_required", "otp: a code of your authenticator app is required", {{"otp", "is required"}}};
}
inline Error otp_invalid() {
    return {Kind::unauthenticated, "otp_invalid", "otp: is wrong or was used", {{"otp", "is wrong or was used"}}};
}
inline Error wrong_otp() {
    return {Kind::forbidden, "otp_invalid", "otp: is wrong or was used", {{"otp", "is wrong or was used"}}};
}
inline Error mfa_unavailable() {
    return {Kind::unavailable, "mfa_unavailable", "second factors cannot be set up here: AUTH_ENCRYPTION_KEY_FILE is not set"};
}
inline Error mfa_enabled() {
    return {Kind::conflict, "mfa_enabled", "the account has a second factor; disable it first"};
}
inline Error mfa_not_enabled() {
    return {Kind::conflict, "mfa_not_enabled", "the account has no second factor"};
}
inline Error idempotency_key_reused() {
    return {Kind::invalid, "idempotency_key_reused", "Idempotency-Key: another request was sent with this key before"};
}
inline Error idempotency_unavailable() {
    return {Kind::unavailable, "idempotency_unavailable",
            "Idempotency-Key: answers cannot be kept here: AUTH_ENCRYPTION_KEY_FILE is not set"};
}
inline Error people_only() {
    return {Kind::forbidden, "people_only", "a service has no account"};
}
inline Error wrong_service() {
    return {Kind::forbidden, "forbidden", "this call is for another service"};
}

}  // namespace darkroom::accounts
