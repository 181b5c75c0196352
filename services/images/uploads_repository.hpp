// images.uploads
#pragma once

#include "platform/http/paging.hpp"
#include "platform/pg/pool.hpp"
#include "services/images/domain/records.hpp"
#include "services/images/domain/upload_sort.hpp"

namespace darkroom::images {

/// Whose things may be seen; nullopt: everybody's (admins and services).
using Visibility = std::optional<UserId>;

struct UploadFilter {
    Visibility owner;
    /// A part of the file name, whatever its case.
    std::optional<std::string> q;
    std::optional<std::string> mime_type;
};

class UploadsRepository {
public:
    explicit UploadsRepository(pg::Pool& pool) : pool_(pool) {}

    /// With image.uploaded. The file's row must have been acquired.
    awaitable<StoredUpload> insert(pg::Transaction& transaction, StoredUpload upload, std::string correlation_id);
    awaitable<std::optional<StoredUpload>> find(UploadId id, Visibility owner);
    /// Locked against new jobs until the transaction ends.
    awaitable<std::optional<StoredUpload>> lock(pg::Transaction& transaction, UploadId id, Visibility owner);
    /// With image.deleted. Its jobs must be gone.
    awaitable<> remove(pg::Transaction& transaction, const StoredUpload& upload, std::string correlation_id);
    awaitable<std::vector<StoredUpload>> list(const UploadFilter& filter, const UploadSort& sort, http::PageRequest page);
    awaitable<std::int64_t> count(const UploadFilter& filter);
    awaitable<std::vector<UploadId>> ids_of(pg::Transaction& transaction, UserId user);
    /// Some of those that are older, the oldest first.
    awaitable<std::vector<UploadId>> older_than(Milliseconds age);
    /// image.downloaded
    awaitable<> note_download(const StoredUpload& upload, std::string correlation_id);

private:
    pg::Pool& pool_;
};

/// The name events and tokens know this service by.
inline constexpr const char* service_name = "image-service";

}  // namespace darkroom::images
