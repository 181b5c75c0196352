#include "services/images/uploads_repository.hpp"

#include "events/image_deleted.hpp"
#include "events/image_downloaded.hpp"
#include "events/image_uploaded.hpp"
#include "platform/bus/outbox.hpp"

#include <map>

namespace darkroom::images {

namespace {

constexpr pg::Query insert_upload{"uploads.insert", R"sql(
    INSERT INTO images.uploads (id, user_id, filename, file_size, mime_type, width, height, frames, has_alpha, sha256)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    RETURNING *
)sql"};

constexpr pg::Query find_upload{"uploads.find", R"sql(
    SELECT * FROM images.uploads WHERE id = $1 AND ($2::text IS NULL OR user_id = $2)
)sql"};

constexpr pg::Query lock_upload{"uploads.lock", R"sql(
    SELECT * FROM images.uploads WHERE id = $1 AND ($2::text IS NULL OR user_id = $2) FOR UPDATE
)sql"};

constexpr pg::Query delete_upload{"uploads.delete", "DELETE FROM images.uploads WHERE id = $1"};

constexpr pg::Query list_ids{"uploads.ids_of", "SELECT id FROM images.uploads WHERE user_id = $1 ORDER BY id"};

constexpr pg::Query list_old{"uploads.older_than", R"sql(
    SELECT id FROM images.uploads WHERE created_at < now() - $1::interval ORDER BY created_at LIMIT 100
)sql"};

constexpr std::string_view filter_clause = R"sql(
    WHERE ($1::text IS NULL OR user_id = $1)
      AND ($2::text IS NULL OR position(lower($2) IN lower(filename)) > 0)
      AND ($3::text IS NULL OR mime_type = $3)
)sql";

/// One text per order, made once: an ORDER BY cannot be a parameter, and a CASE would not use the index.
std::string_view list_text(const UploadSort& sort) {
    static const auto texts = [] {
        std::map<std::string, std::string, std::less<>> made;
        for (const auto column : UploadSort::columns) {
            for (const bool descending : {false, true}) {
                const std::string_view direction = descending ? "DESC" : "ASC";
                made.emplace((descending ? "-" : "") + std::string(column),
                             fmt::format("SELECT * FROM images.uploads {} ORDER BY {} {}, id {} LIMIT $4 OFFSET $5",
                                         filter_clause, column, direction, direction));
            }
        }
        return made;
    }();
    return texts.at(sort.text());
}

bus::EventContext context_of(const StoredUpload& upload, std::string correlation_id) {
    return {service_name, std::move(correlation_id), upload.user_id.text()};
}

}  // namespace

awaitable<StoredUpload> UploadsRepository::insert(pg::Transaction& transaction, StoredUpload upload,
                                                  std::string correlation_id) {
    auto stored = co_await transaction.one<StoredUpload>(insert_upload, upload.id, upload.user_id, upload.filename,
                                                         upload.file_size, upload.mime_type, upload.width, upload.height,
                                                         upload.frames, upload.has_alpha, upload.sha256);
    const events::ImageUploaded event{stored.id.text(), stored.filename, stored.file_size,
                                      stored.mime_type, stored.width,    stored.height};
    co_await bus::outbox::append(transaction, event, context_of(stored, std::move(correlation_id)));
    co_return stored;
}

awaitable<std::optional<StoredUpload>> UploadsRepository::find(UploadId id, Visibility owner) {
    return pool_.maybe<StoredUpload>(find_upload, id, owner);
}

awaitable<std::optional<StoredUpload>> UploadsRepository::lock(pg::Transaction& transaction, UploadId id, Visibility owner) {
    return transaction.maybe<StoredUpload>(lock_upload, id, owner);
}

awaitable<> UploadsRepository::remove(pg::Transaction& transaction, const StoredUpload& upload, std::string correlation_id) {
    co_await transaction.execute(delete_upload, upload.id);
    const events::ImageDeleted event{upload.id.text()};
    co_await bus::outbox::append(transaction, event, context_of(upload, std::move(correlation_id)));
}

awaitable<std::vector<StoredUpload>> UploadsRepository::list(const UploadFilter& filter, const UploadSort& sort,
                                                             http::PageRequest page) {
    const pg::Query query{"uploads.list", list_text(sort)};
    return pool_.all<StoredUpload>(query, filter.owner, filter.q, filter.mime_type, page.size, page.offset());
}

awaitable<std::int64_t> UploadsRepository::count(const UploadFilter& filter) {
    static const auto text = fmt::format("SELECT count(*) FROM images.uploads {}", filter_clause);
    const pg::Query query{"uploads.count", text};
    return pool_.one<std::int64_t>(query, filter.owner, filter.q, filter.mime_type);
}

awaitable<std::vector<UploadId>> UploadsRepository::ids_of(pg::Transaction& transaction, UserId user) {
    return transaction.all<UploadId>(list_ids, user);
}

awaitable<std::vector<UploadId>> UploadsRepository::older_than(Milliseconds age) {
    return pool_.all<UploadId>(list_old, age);
}

awaitable<> UploadsRepository::note_download(const StoredUpload& upload, std::string correlation_id) {
    auto transaction = co_await pool_.begin();
    const events::ImageDownloaded event{upload.id.text()};
    co_await bus::outbox::append(transaction, event, context_of(upload, std::move(correlation_id)));
    co_await transaction.commit();
}

}  // namespace darkroom::images
