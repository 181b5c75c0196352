#include "services/auth/domain/oauth_client.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>
#include <array>

namespace darkroom::accounts {

namespace {

constexpr std::array<std::string_view, 4> openid_scopes{"openid", "profile", "email", "offline_access"};
constexpr std::size_t challenge_length = 43;
constexpr std::size_t longest_verifier = 128;

bool is_unreserved(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~").find(c) != std::string_view::npos;
}

}  // namespace

bool is_openid_scope(std::string_view scope) {
    return std::ranges::find(openid_scopes, scope) != openid_scopes.end();
}

bool is_known_scope(std::string_view scope) {
    return is_openid_scope(scope) || auth::has_permission(auth::Role::admin, scope);
}

Scopes parse_scope(std::string_view text) {
    Scopes scopes;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        if (end > 0) scopes.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    std::ranges::sort(scopes);
    const auto repeated = std::ranges::unique(scopes);
    scopes.erase(repeated.begin(), repeated.end());
    return scopes;
}

std::string scope_text(const Scopes& scopes) {
    std::string text;
    for (const auto& scope : scopes) text += (text.empty() ? "" : " ") + scope;
    return text;
}

bool contains(const Scopes& scopes, std::string_view scope) {
    return std::ranges::find(scopes, scope) != scopes.end();
}

bool is_subset(const Scopes& asked, const Scopes& allowed) {
    return std::ranges::all_of(asked, [&allowed](const std::string& scope) { return contains(allowed, scope); });
}

Scopes scopes_of_role(Scopes scopes, auth::Role role) {
    std::erase_if(scopes,
                  [role](const std::string& scope) { return !is_openid_scope(scope) && !auth::has_permission(role, scope); });
    return scopes;
}

Scopes scopes_of_client(Scopes scopes) {
    std::erase_if(scopes,
                  [](const std::string& scope) { return is_openid_scope(scope) || scope == auth::permission::users_self; });
    return scopes;
}

auth::Role least_role_with(const Scopes& scopes) {
    for (const auto role : {auth::Role::guest, auth::Role::user}) {
        if (scopes_of_role(scopes, role).size() == scopes.size()) return role;
    }
    return auth::Role::admin;
}

bool is_code_verifier(std::string_view text) {
    return text.size() >= challenge_length && text.size() <= longest_verifier && std::ranges::all_of(text, is_unreserved);
}

bool is_code_challenge(std::string_view text) {
    return text.size() == challenge_length && base64url_decode(text).has_value();
}

bool verifies(std::string_view verifier, std::string_view challenge) {
    const auto digest = sha256(verifier);
    return is_code_verifier(verifier) && constant_time_equal(base64url_encode(view_of(digest)), challenge);
}

}  // namespace darkroom::accounts
