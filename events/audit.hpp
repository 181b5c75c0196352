// audit.*: what happened to the security of an account, for its owner and for admins. Never a secret, never what was typed.
#pragma once

#include "platform/json/described.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace darkroom::events {

/// The same for all of them. Where from it was done, as told by the request; absent when nobody's request did it.
struct AuditFacts {
    std::string user_id;
    std::optional<std::string> ip;
    std::optional<std::string> user_agent;
    /// A greppable word: "wrong_password".
    std::optional<std::string> reason;
    /// The session, key or client that it was done to.
    std::optional<std::string> subject_id;

    bool operator==(const AuditFacts&) const = default;
};
BOOST_DESCRIBE_STRUCT(AuditFacts, (), (user_id, ip, user_agent, reason, subject_id))

/// Somebody failed to sign in to this account; `reason` says at what.
struct AuditLoginFailed : AuditFacts {
    static constexpr std::string_view type = "audit.login_failed";
};
BOOST_DESCRIBE_STRUCT(AuditLoginFailed, (AuditFacts), ())

/// Nobody can sign in to this account for a while.
struct AuditAccountLocked : AuditFacts {
    static constexpr std::string_view type = "audit.account_locked";
};
BOOST_DESCRIBE_STRUCT(AuditAccountLocked, (AuditFacts), ())

struct AuditPasswordChanged : AuditFacts {
    static constexpr std::string_view type = "audit.password_changed";
};
BOOST_DESCRIBE_STRUCT(AuditPasswordChanged, (AuditFacts), ())

struct AuditPasswordResetRequested : AuditFacts {
    static constexpr std::string_view type = "audit.password_reset_requested";
};
BOOST_DESCRIBE_STRUCT(AuditPasswordResetRequested, (AuditFacts), ())

/// By a mailed link; every session has ended.
struct AuditPasswordReset : AuditFacts {
    static constexpr std::string_view type = "audit.password_reset";
};
BOOST_DESCRIBE_STRUCT(AuditPasswordReset, (AuditFacts), ())

struct AuditEmailVerified : AuditFacts {
    static constexpr std::string_view type = "audit.email_verified";
};
BOOST_DESCRIBE_STRUCT(AuditEmailVerified, (AuditFacts), ())

struct AuditEmailChanged : AuditFacts {
    static constexpr std::string_view type = "audit.email_changed";
};
BOOST_DESCRIBE_STRUCT(AuditEmailChanged, (AuditFacts), ())

struct AuditMfaEnabled : AuditFacts {
    static constexpr std::string_view type = "audit.mfa_enabled";
};
BOOST_DESCRIBE_STRUCT(AuditMfaEnabled, (AuditFacts), ())

struct AuditMfaDisabled : AuditFacts {
    static constexpr std::string_view type = "audit.mfa_disabled";
};
BOOST_DESCRIBE_STRUCT(AuditMfaDisabled, (AuditFacts), ())

/// A device was signed out from another one.
struct AuditSessionRevoked : AuditFacts {
    static constexpr std::string_view type = "audit.session_revoked";
};
BOOST_DESCRIBE_STRUCT(AuditSessionRevoked, (AuditFacts), ())

/// A refresh token was used twice: somebody else has had it. The session has ended.
struct AuditRefreshReused : AuditFacts {
    static constexpr std::string_view type = "audit.refresh_reused";
};
BOOST_DESCRIBE_STRUCT(AuditRefreshReused, (AuditFacts), ())

struct AuditApiKeyCreated : AuditFacts {
    static constexpr std::string_view type = "audit.api_key_created";
};
BOOST_DESCRIBE_STRUCT(AuditApiKeyCreated, (AuditFacts), ())

struct AuditApiKeyDeleted : AuditFacts {
    static constexpr std::string_view type = "audit.api_key_deleted";
};
BOOST_DESCRIBE_STRUCT(AuditApiKeyDeleted, (AuditFacts), ())

struct AuditClientCreated : AuditFacts {
    static constexpr std::string_view type = "audit.client_created";
};
BOOST_DESCRIBE_STRUCT(AuditClientCreated, (AuditFacts), ())

struct AuditClientDeleted : AuditFacts {
    static constexpr std::string_view type = "audit.client_deleted";
};
BOOST_DESCRIBE_STRUCT(AuditClientDeleted, (AuditFacts), ())

/// The account's owner let an application act for it.
struct AuditConsentGiven : AuditFacts {
    static constexpr std::string_view type = "audit.consent_given";
};
BOOST_DESCRIBE_STRUCT(AuditConsentGiven, (AuditFacts), ())

}  // namespace darkroom::events
