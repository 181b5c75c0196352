// What an OAuth2 client may ask for, and the proof key of RFC 7636.
#pragma once

#include "platform/auth/permissions.hpp"
#include "platform/json/described.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::accounts {

enum class GrantType { authorization_code, refresh_token, client_credentials };
BOOST_DESCRIBE_ENUM(GrantType, authorization_code, refresh_token, client_credentials)

using Scopes = std::vector<std::string>;

/// Permissions, and those of OpenID Connect: openid, profile, email, offline_access.
bool is_known_scope(std::string_view scope);
bool is_openid_scope(std::string_view scope);

/// Split at spaces; sorted, without repeats.
Scopes parse_scope(std::string_view text);
std::string scope_text(const Scopes& scopes);
bool contains(const Scopes& scopes, std::string_view scope);
bool is_subset(const Scopes& asked, const Scopes& allowed);

/// What is left of `scopes` for somebody of this role.
Scopes scopes_of_role(Scopes scopes, auth::Role role);
/// What a client may do for itself: it has no profile. Its role is the least that has all of them.
Scopes scopes_of_client(Scopes scopes);
auth::Role least_role_with(const Scopes& scopes);

/// 43..128 characters of RFC 7636 §4.1.
bool is_code_verifier(std::string_view text);
/// 43 characters of base64url.
bool is_code_challenge(std::string_view text);
/// S256; in constant time.
bool verifies(std::string_view verifier, std::string_view challenge);

}  // namespace darkroom::accounts
