#include "services/notifications/export_repository.hpp"

#include <array>

namespace darkroom::notifications {

namespace {

constexpr pg::Query notifications_of_user{"export.notifications", R"sql(
    SELECT id AS key, json_build_object('id', id, 'type', type, 'title', title, 'message', message, 'data', data,
        'status', status, 'created_at', created_at, 'sent_at', sent_at, 'read_at', read_at) AS item
    FROM notifications.notifications WHERE user_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query preferences{"export.preferences", R"sql(
    SELECT type AS key, json_build_object('type', type, 'in_app', in_app, 'email', email, 'updated_at', updated_at) AS item
    FROM notifications.preferences WHERE user_id = $1 AND type COLLATE "C" > $2 ORDER BY type COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query recipient{"export.recipient", R"sql(
    SELECT user_id AS key, json_build_object('email', email, 'username', username, 'role', role, 'status', status,
        'created_at', created_at) AS item
    FROM notifications.recipients WHERE user_id = $1 AND $2::text = '' LIMIT $3
)sql"};

constexpr pg::Query deliveries{"export.deliveries", R"sql(
    SELECT id AS key, json_build_object('id', id, 'channel', 'email', 'notification_id', notification_id,
        'template', template, 'recipient', recipient, 'status', status, 'attempts', attempts, 'problem', problem,
        'created_at', created_at, 'settled_at', settled_at) AS item
    FROM notifications.mails WHERE user_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3
)sql"};

constexpr std::array sections{ExportSection{"notifications", notifications_of_user}, ExportSection{"preferences", preferences},
                              ExportSection{"recipient", recipient}, ExportSection{"deliveries", deliveries}};

}  // namespace

std::span<const ExportSection> export_sections() {
    return sections;
}

}  // namespace darkroom::notifications
