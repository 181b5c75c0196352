// Tokens that are right, and tokens that are wrong in one way each.
#pragma once

#include "platform/json/described.hpp"
#include "tests/harness/system.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::system_test {

/// The claims of a token, unverified.
json::Object claims_of(std::string_view token);
/// Signed with the system's own key.
std::string sign(const System& system, const json::Object& claims);
/// A token that auth-service might have given to an account with this role.
std::string token_with_role(const System& system, std::string_view role);
/// {what is wrong, token}, all made from `good`.
std::vector<std::pair<std::string, std::string>> bad_tokens(const System& system, const std::string& good);
/// Client credentials of `client` for `audience`.
std::string service_token(const System& system, std::string_view client, std::string_view audience);

}  // namespace darkroom::system_test
