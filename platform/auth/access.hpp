// The access level of an endpoint. There is no default: a route without one does not compile.
#pragma once

#include "platform/auth/caller.hpp"

#include <string_view>

namespace darkroom::auth {

class Access {
public:
    enum class Level { open, signed_in, session, session_with, own, permission, service, permission_or_service };

    /// Anybody, also without a token.
    static const Access open;
    /// Any user or service with a valid token.
    static const Access signed_in;
    /// A person in a session of their own: no API key, no application, no service. For what decides over the account.
    static const Access session;
    /// Other Darkroom services only.
    static const Access service;

    /// A session as above, of somebody whose role has this permission. For what decides over everybody's accounts.
    static constexpr Access session_with(std::string_view name) { return {Level::session_with, name}; }
    /// Any user or service for what is their own, whatever the role; an API key or an application needs this scope.
    static constexpr Access own(std::string_view scope) { return {Level::own, scope}; }
    static constexpr Access permission(std::string_view name) { return {Level::permission, name}; }
    static constexpr Access permission_or_service(std::string_view name) { return {Level::permission_or_service, name}; }

    constexpr Level level() const { return level_; }
    constexpr std::string_view permission_name() const { return permission_; }
    constexpr bool needs_token() const { return level_ != Level::open; }
    constexpr bool needs_session() const { return level_ == Level::session || level_ == Level::session_with; }

    /// Throws Failure: 401 `unauthenticated` without a caller, 403 `forbidden` where the caller is not allowed.
    void check(const Caller& caller) const;

private:
    constexpr Access(Level level, std::string_view permission = {}) : level_(level), permission_(permission) {}

    Level level_;
    std::string_view permission_;
};

inline constexpr Access Access::open{Access::Level::open};
inline constexpr Access Access::signed_in{Access::Level::signed_in};
inline constexpr Access Access::session{Access::Level::session};
inline constexpr Access Access::service{Access::Level::service};

}  // namespace darkroom::auth
