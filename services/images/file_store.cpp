#include "services/images/file_store.hpp"

#include "platform/core/encoding.hpp"
#include "platform/core/ids.hpp"
#include "services/images/domain/errors.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/file.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace darkroom::images {

namespace fs = std::filesystem;

namespace {

constexpr int max_instances = 64;

[[noreturn]] void throw_errno(const std::string& what) {
    throw std::system_error(errno, std::generic_category(), what);
}

struct FreeDigest {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void sync_directory(const fs::path& path) {
    const Descriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory.get() < 0 || ::fsync(directory.get()) != 0) throw_errno("fsync " + path.string());
}

void write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto written = ::write(descriptor, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && (errno == ENOSPC || errno == EDQUOT)) fail(storage_full());
        if (written < 0) throw_errno("write");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

/// A place that no running instance holds, locked, and the name kept in it.
std::pair<Descriptor, std::string> take_instance(const fs::path& directory) {
    for (int place = 0; place < max_instances; ++place) {
        const auto path = directory / std::to_string(place);
        Descriptor lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (lock.get() < 0) throw_errno("open " + path.string());
        if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) continue;
        std::array<char, 36> name{};
        const auto size = ::pread(lock.get(), name.data(), name.size(), 0);
        if (size == static_cast<ssize_t>(name.size()) && is_uuid({name.data(), name.size()})) {
            return {std::move(lock), std::string(name.data(), name.size())};
        }
        auto fresh = new_uuid();
        if (::ftruncate(lock.get(), 0) != 0) throw_errno("ftruncate " + path.string());
        write_all(lock.get(), fresh);
        return {std::move(lock), std::move(fresh)};
    }
    throw std::runtime_error("all " + std::to_string(max_instances) + " places in " + directory.string() + " are taken");
}

/// What a predecessor in this instance's place was writing when it died.
void remove_leftovers(const fs::path& directory, const std::string& instance) {
    for (const auto& entry : fs::directory_iterator(directory)) {
        if (entry.path().filename().string().starts_with(instance)) fs::remove(entry.path());
    }
}

}  // namespace

struct IncomingFile::State {
    Descriptor descriptor;
    fs::path path;
    std::unique_ptr<EVP_MD_CTX, FreeDigest> digest{EVP_MD_CTX_new()};
    std::int64_t size = 0;
    bool published = false;

    State(Descriptor file, fs::path where) : descriptor(std::move(file)), path(std::move(where)) {
        if (!digest || EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) != 1) throw std::runtime_error("SHA-256");
    }
    ~State() {
        if (!published) ::unlink(path.c_str());
    }
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    void append(std::string_view piece) {
        write_all(descriptor.get(), piece);
        if (EVP_DigestUpdate(digest.get(), piece.data(), piece.size()) != 1) throw std::runtime_error("SHA-256");
        size += static_cast<std::int64_t>(piece.size());
    }
};

void IncomingFile::write(std::string_view piece) {
    state_->append(piece);
}

std::int64_t IncomingFile::size() const {
    return state_->size;
}

int IncomingFile::descriptor() const {
    return state_->descriptor.get();
}

FileStore::FileStore(CpuPool& cpu, fs::path directory) : cpu_(cpu), directory_(std::move(directory)) {
    for (const auto* name : {"objects", "incoming", "instances"}) fs::create_directories(directory_ / name);
    std::tie(instance_lock_, instance_) = take_instance(directory_ / "instances");
    remove_leftovers(directory_ / "incoming", instance_);
}

FileStore::~FileStore() = default;

fs::path FileStore::path_of(const std::string& sha256) const {
    return directory_ / "objects" / sha256.substr(0, 2) / sha256;
}

IncomingFile FileStore::begin() const {
    auto path = directory_ / "incoming" / (instance_ + "." + new_uuid());
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0 && (errno == ENOSPC || errno == EDQUOT)) fail(storage_full());
    if (file.get() < 0) throw_errno("open " + path.string());
    return IncomingFile(std::make_shared<IncomingFile::State>(std::move(file), std::move(path)));
}

awaitable<IncomingFile> FileStore::copy(Descriptor from) const {
    auto file = begin();
    const auto source = std::make_shared<Descriptor>(std::move(from));
    const auto work = [state = file.state_, source] {
        std::vector<char> buffer(256 * 1024);
        for (off_t at = 0;;) {
            const auto size = ::pread(source->get(), buffer.data(), buffer.size(), at);
            if (size < 0 && errno == EINTR) continue;
            if (size < 0) throw_errno("read of a result");
            if (size == 0) return;
            state->append({buffer.data(), static_cast<std::size_t>(size)});
            at += size;
        }
    };
    co_await cpu_.run(work);
    co_return file;
}

awaitable<StoredFile> FileStore::seal(const IncomingFile& file) const {
    const auto work = [state = file.state_] {
        if (::fsync(state->descriptor.get()) != 0) throw_errno("fsync");
        std::array<unsigned char, 32> digest{};
        if (EVP_DigestFinal_ex(state->digest.get(), digest.data(), nullptr) != 1) throw std::runtime_error("SHA-256");
        return StoredFile{to_hex(digest), state->size};
    };
    return cpu_.run(work);
}

awaitable<> FileStore::publish(const IncomingFile& file, std::string sha256) const {
    const auto work = [state = file.state_, path = path_of(sha256)] {
        if (fs::create_directory(path.parent_path())) sync_directory(path.parent_path().parent_path());
        // Over a file of the same digest, so of the same content: harmless, and it makes the file young again.
        fs::rename(state->path, path);
        state->published = true;
        sync_directory(path.parent_path());
    };
    return cpu_.run(work);
}

awaitable<std::optional<Descriptor>> FileStore::open(std::string sha256) const {
    const auto work = [path = path_of(sha256)]() -> std::optional<Descriptor> {
        Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (file.get() >= 0) return file;
        if (errno == ENOENT) return std::nullopt;
        throw_errno("open " + path.string());
    };
    return cpu_.run(work);
}

awaitable<> FileStore::remove(std::string sha256) const {
    const auto work = [path = path_of(sha256)] { fs::remove(path); };
    return cpu_.run(work);
}

awaitable<std::vector<std::string>> FileStore::list_older_than(Seconds age) const {
    const auto work = [root = directory_ / "objects", age] {
        std::vector<std::string> found;
        const auto limit = fs::file_time_type::clock::now() - age;
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            if (entry.is_regular_file() && entry.last_write_time() < limit) found.push_back(entry.path().filename().string());
        }
        return found;
    };
    return cpu_.run(work);
}

awaitable<std::size_t> FileStore::remove_incoming_older_than(Seconds age) const {
    const auto work = [root = directory_ / "incoming", age] {
        std::size_t removed = 0;
        const auto limit = fs::file_time_type::clock::now() - age;
        for (const auto& entry : fs::directory_iterator(root)) {
            std::error_code gone;
            const auto written = entry.last_write_time(gone);
            if (gone || written >= limit) continue;
            removed += fs::remove(entry.path(), gone) ? 1 : 0;
        }
        return removed;
    };
    return cpu_.run(work);
}

awaitable<bool> FileStore::writable() const {
    const auto work = [path = directory_ / "incoming"] { return ::access(path.c_str(), W_OK | X_OK) == 0; };
    return cpu_.run(work);
}

}  // namespace darkroom::images
