#include "services/images/files_repository.hpp"

#include <algorithm>

namespace darkroom::images {

namespace {

constexpr pg::Query acquire_file{"files.acquire", R"sql(
    INSERT INTO images.files AS file (sha256, size, reference_count) VALUES ($1, $2, 1)
    ON CONFLICT (sha256) DO UPDATE SET reference_count = file.reference_count + 1, size = excluded.size
)sql"};

constexpr pg::Query share_file{"files.share", R"sql(
    UPDATE images.files SET reference_count = reference_count + 1 WHERE sha256 = $1 AND reference_count > 0
)sql"};

constexpr pg::Query release_file{"files.release", R"sql(
    UPDATE images.files SET reference_count = reference_count - 1 WHERE sha256 = $1
)sql"};

constexpr pg::Query lock_file{"files.lock_unreferenced", R"sql(
    SELECT sha256 FROM images.files WHERE sha256 = $1 AND reference_count = 0 FOR UPDATE
)sql"};

constexpr pg::Query forget_file{"files.forget", "DELETE FROM images.files WHERE sha256 = $1"};

constexpr pg::Query list_unreferenced{"files.unreferenced", R"sql(
    SELECT sha256 FROM images.files WHERE reference_count = 0 LIMIT 100
)sql"};

constexpr pg::Query adopt_files{"files.adopt_orphans", R"sql(
    INSERT INTO images.files (sha256, size, reference_count)
    SELECT digest, 0, 0 FROM unnest($1::text[]) AS digest WHERE digest ~ '^[0-9a-f]{64}$'
    ON CONFLICT (sha256) DO NOTHING
)sql"};

}  // namespace

awaitable<> FilesRepository::acquire(pg::Transaction& transaction, const StoredFile& file) {
    co_await transaction.execute(acquire_file, file.sha256, file.size);
}

awaitable<bool> FilesRepository::share(pg::Transaction& transaction, std::string sha256) {
    const auto changed = co_await transaction.execute(share_file, sha256);
    co_return changed == 1;
}

awaitable<> FilesRepository::release(pg::Transaction& transaction, std::vector<std::string> digests) {
    // Two transactions that release the same files must not wait for each other in a circle.
    std::ranges::sort(digests);
    for (const auto& digest : digests) co_await transaction.execute(release_file, digest);
}

awaitable<bool> FilesRepository::lock_unreferenced(pg::Transaction& transaction, std::string sha256) {
    const auto found = co_await transaction.maybe<std::string>(lock_file, sha256);
    co_return found.has_value();
}

awaitable<> FilesRepository::forget(pg::Transaction& transaction, std::string sha256) {
    co_await transaction.execute(forget_file, sha256);
}

awaitable<std::vector<std::string>> FilesRepository::unreferenced() {
    return pool_.all<std::string>(list_unreferenced);
}

awaitable<std::int64_t> FilesRepository::adopt_orphans(std::vector<std::string> digests) {
    return pool_.execute(adopt_files, digests);
}

}  // namespace darkroom::images
