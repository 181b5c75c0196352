#include "services/auth/export_repository.hpp"

#include <array>

namespace darkroom::accounts {

namespace {

constexpr pg::Query account{"export.account", R"sql(
    SELECT id AS key, json_build_object('id', id, 'email', email, 'username', username, 'full_name', full_name, 'role', role,
        'status', status, 'avatar_url', avatar_url, 'created_at', created_at, 'updated_at', updated_at,
        'last_login', last_login) AS item
    FROM auth.accounts WHERE id = $1 AND $2::text = '' LIMIT $3
)sql"};

constexpr pg::Query sessions{"export.sessions", R"sql(
    SELECT id AS key, json_build_object('id', id, 'created_at', created_at, 'last_used_at', last_used_at,
        'expires_at', expires_at, 'revoked_at', revoked_at, 'user_agent', user_agent, 'address', address) AS item
    FROM auth.sessions WHERE account_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query known_devices{"export.known_devices", R"sql(
    SELECT family AS key, json_build_object('family', family, 'first_seen_at', first_seen_at, 'last_seen_at', last_seen_at)
        AS item
    FROM auth.known_devices WHERE account_id = $1 AND family COLLATE "C" > $2 ORDER BY family COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query api_keys{"export.api_keys", R"sql(
    SELECT id AS key, json_build_object('id', id, 'name', name, 'prefix', prefix, 'scopes', scopes, 'created_at', created_at,
        'expires_at', expires_at, 'last_used_at', last_used_at) AS item
    FROM auth.api_keys WHERE account_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query consents{"export.consents", R"sql(
    SELECT o.client_id AS key, json_build_object('client_id', o.client_id, 'application', c.name, 'scopes', o.scopes,
        'granted_at', o.granted_at) AS item
    FROM auth.oauth_consents o JOIN auth.oauth_clients c ON c.client_id = o.client_id
    WHERE o.account_id = $1 AND o.client_id COLLATE "C" > $2 ORDER BY o.client_id COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query second_factor{"export.second_factor", R"sql(
    SELECT 'totp' AS key, json_build_object('kind', 'totp', 'confirmed_at', confirmed_at, 'created_at', created_at) AS item
    FROM auth.totp_factors WHERE account_id = $1 AND $2::text = '' LIMIT $3
)sql"};

constexpr std::array sections{
    ExportSection{"account", account},   ExportSection{"sessions", sessions}, ExportSection{"known_devices", known_devices},
    ExportSection{"api_keys", api_keys}, ExportSection{"consents", consents}, ExportSection{"second_factor", second_factor}};

}  // namespace

std::span<const ExportSection> export_sections() {
    return sections;
}

}  // namespace darkroom::accounts
