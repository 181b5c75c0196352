// Content-addressed files below DATA_DIR:
//
//     objects/ab/abcdef…   originals and results, named by their SHA-256; written once, never changed
//     incoming/            what is still being written
//     instances/           one lock file per running instance
//
// Which of them are needed is known by images.files. Its row is the lock: whoever puts a file in place or removes it holds the
// row of its digest, so that an upload and a removal of the same content cannot cross.
#pragma once

#include "platform/async/runtime.hpp"
#include "services/images/descriptor.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::images {

struct StoredFile {
    std::string sha256;
    std::int64_t size = 0;
};

/// A file that is being written and hashed. Leaves nothing behind unless it is published.
class IncomingFile {
public:
    /// Appends. For pieces of a few dozen kilobytes: runs on the caller's thread. Throws Failure "storage_full".
    void write(std::string_view piece);
    std::int64_t size() const;
    /// For reading.
    int descriptor() const;

private:
    friend class FileStore;
    struct State;
    explicit IncomingFile(std::shared_ptr<State> state) : state_(std::move(state)) {}
    std::shared_ptr<State> state_;
};

class FileStore {
public:
    /// Makes the directories and takes an instance's place. Blocks; throws std::system_error when `directory` is of no use.
    FileStore(CpuPool& cpu, std::filesystem::path directory);
    ~FileStore();

    /// Stable over restarts of the same place and never shared by two running instances: leases carry it, so that a new process
    /// knows which were its predecessor's.
    const std::string& instance() const { return instance_; }

    IncomingFile begin() const;
    /// What a job wrote to its memfd.
    awaitable<IncomingFile> copy(Descriptor from) const;
    /// To disk for good, but not yet in place.
    awaitable<StoredFile> seal(const IncomingFile& file) const;
    /// In place, for good. The caller's transaction holds the digest's row.
    awaitable<> publish(const IncomingFile& file, std::string sha256) const;
    /// nullopt when there is no such file.
    awaitable<std::optional<Descriptor>> open(std::string sha256) const;
    /// Harmless when it is gone already. The caller's transaction holds the digest's row.
    awaitable<> remove(std::string sha256) const;
    /// Digests of all files that are older than `age`.
    awaitable<std::vector<std::string>> list_older_than(Seconds age) const;
    /// Files that nobody writes any more: their instance died and none took its place. How many there were.
    awaitable<std::size_t> remove_incoming_older_than(Seconds age) const;
    awaitable<bool> writable() const;

private:
    std::filesystem::path path_of(const std::string& sha256) const;

    CpuPool& cpu_;
    std::filesystem::path directory_;
    Descriptor instance_lock_;
    std::string instance_;
};

}  // namespace darkroom::images
