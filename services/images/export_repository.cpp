#include "services/images/export_repository.hpp"

#include <array>

namespace darkroom::images {

namespace {

constexpr pg::Query uploads{"export.uploads", R"sql(
    SELECT id AS key, json_build_object('id', id, 'filename', filename, 'file_size', file_size, 'mime_type', mime_type,
        'width', width, 'height', height, 'frames', frames, 'has_alpha', has_alpha, 'sha256', sha256, 'created_at', created_at)
        AS item
    FROM images.uploads WHERE user_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query processings{"export.processings", R"sql(
    SELECT id AS key, json_build_object('id', id, 'upload_id', upload_id, 'transformation_type', transformation_type,
        'recipe', recipe, 'status', status, 'progress', progress, 'error_code', error_code, 'error', error,
        'result_sha256', result_sha256, 'result_size', result_size, 'result_mime_type', result_mime_type,
        'result_width', result_width, 'result_height', result_height, 'created_at', created_at, 'started_at', started_at,
        'finished_at', finished_at) AS item
    FROM images.jobs WHERE user_id = $1 AND id COLLATE "C" > $2 ORDER BY id COLLATE "C" LIMIT $3
)sql"};

constexpr pg::Query usage{"export.usage", R"sql(
    SELECT user_id AS key, json_build_object('used_bytes', used_bytes, 'limit_bytes', limit_bytes) AS item
    FROM images.usage WHERE user_id = $1 AND $2::text = '' LIMIT $3
)sql"};

// Paths of letters that every archiver can unpack; the true names stand in uploads.
constexpr pg::Query files{"export.files", R"sql(
    SELECT key, json_build_object('path', path, 'sha256', sha256, 'size', size) AS item
    FROM (SELECT 'original:' || id AS key, sha256, file_size AS size,
                 'files/' || id || '/original.' || regexp_replace(split_part(mime_type, '/', 2), '[^a-z0-9]', '', 'g') AS path
          FROM images.uploads WHERE user_id = $1
          UNION ALL
          SELECT 'result:' || id, result_sha256, result_size,
                 'files/' || upload_id || '/result-' || id || '.' ||
                     regexp_replace(split_part(result_mime_type, '/', 2), '[^a-z0-9]', '', 'g')
          FROM images.jobs WHERE user_id = $1 AND result_sha256 IS NOT NULL) AS known
    WHERE key COLLATE "C" > $2 ORDER BY key COLLATE "C" LIMIT $3
)sql"};

constexpr std::array sections{ExportSection{"uploads", uploads}, ExportSection{"processings", processings},
                              ExportSection{"usage", usage}, ExportSection{"files", files}};

constexpr pg::Query find_file{"export.has_file", R"sql(
    SELECT EXISTS (SELECT FROM images.uploads WHERE user_id = $1 AND sha256 = $2)
        OR EXISTS (SELECT FROM images.jobs WHERE user_id = $1 AND result_sha256 = $2)
)sql"};

}  // namespace

std::span<const ExportSection> export_sections() {
    return sections;
}

awaitable<bool> ExportRepository::has_file(UserId user, std::string sha256) {
    co_return co_await pool_.one<bool>(find_file, user, sha256);
}

}  // namespace darkroom::images
