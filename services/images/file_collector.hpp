// Removes files that nobody refers to any more.
#pragma once

#include "services/images/files_repository.hpp"

namespace darkroom::images {

class FileCollector {
public:
    FileCollector(pg::Pool& pool, FilesRepository& files, FileStore& store) : pool_(pool), files_(files), store_(store) {}

    /// Each of them, if it is unreferenced by now.
    awaitable<> collect(std::vector<std::string> digests);
    /// All that nobody refers to now.
    awaitable<> collect_unreferenced();
    /// Runs until cancelled; spawn it in a TaskGroup. At the start and every hour it also finds files without a row and what
    /// was never written to its end: what crashes left behind, of other instances, too.
    awaitable<> run();

private:
    awaitable<> collect_one(std::string sha256);
    awaitable<> sweep(bool orphans);

    pg::Pool& pool_;
    FilesRepository& files_;
    FileStore& store_;
};

}  // namespace darkroom::images
