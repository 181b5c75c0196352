// images.files: which content is needed, by how many.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/images/file_store.hpp"

namespace darkroom::images {

class FilesRepository {
public:
    explicit FilesRepository(pg::Pool& pool) : pool_(pool) {}

    /// One reference more. From here to the end of the transaction the row is locked, so the file can be put in place.
    awaitable<> acquire(pg::Transaction& transaction, const StoredFile& file);
    /// One reference more to a file that is there; false when it is not.
    awaitable<bool> share(pg::Transaction& transaction, std::string sha256);
    /// One reference less for each; the files stay until `FileCollector` removes them. Locks in the order of the digests.
    awaitable<> release(pg::Transaction& transaction, std::vector<std::string> digests);

    /// Locks the row; false when it is referenced (again) or gone.
    awaitable<bool> lock_unreferenced(pg::Transaction& transaction, std::string sha256);
    awaitable<> forget(pg::Transaction& transaction, std::string sha256);
    /// Some of the files that nobody needs.
    awaitable<std::vector<std::string>> unreferenced();
    /// Makes rows, unreferenced, for files on disk that have none, so that they are removed like all others.
    awaitable<std::int64_t> adopt_orphans(std::vector<std::string> digests);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::images
