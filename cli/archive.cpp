#include "cli/archive.hpp"

#include "cli/process.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <span>
#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t block_size = 64 * 1024;

/// SHA-256 of what comes in pieces.
class Digest {
public:
    Digest() : context_(EVP_MD_CTX_new()) { EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr); }
    void add(std::string_view piece) { EVP_DigestUpdate(context_.get(), piece.data(), piece.size()); }
    std::string hex() {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned int size = 0;
        EVP_DigestFinal_ex(context_.get(), bytes.data(), &size);
        return to_hex(std::span(bytes).first(size));
    }

private:
    struct Free {
        void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    };
    std::unique_ptr<EVP_MD_CTX, Free> context_;
};

[[noreturn]] void refuse(const fs::path& path, archive* handle) {
    const char* why = archive_error_string(handle);
    throw std::runtime_error(fmt::format("{}: {}", path.string(), why == nullptr ? "cannot be read" : why));
}

bool leads_outside(const fs::path& name) {
    if (name.empty() || name.is_absolute()) return true;
    for (const auto& part : name) {
        if (part == "..") return true;
    }
    return false;
}

struct FreeReader {
    void operator()(archive* reader) const { archive_read_free(reader); }
};

struct FreeEntry {
    void operator()(archive_entry* entry) const { archive_entry_free(entry); }
};

}  // namespace

// ---- writing -----------------------------------------------------------------------------------------------------------

void ArchiveWriter::Close::operator()(archive* writer) const {
    archive_write_free(writer);
}

ArchiveWriter::ArchiveWriter(fs::path path)
    : path_(std::move(path)), unfinished_(path_.string() + ".part"), archive_(archive_write_new()) {
    const Descriptor file(::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file.open()) throw std::runtime_error(fmt::format("cannot write {}: {}", unfinished_.string(), std::strerror(errno)));
    archive_write_set_format_pax_restricted(archive_.get());
    if (archive_write_open_filename(archive_.get(), unfinished_.c_str()) != ARCHIVE_OK) refuse(unfinished_, archive_.get());
}

ArchiveWriter::~ArchiveWriter() {
    archive_.reset();
    std::error_code ignored;
    if (!finished_) fs::remove(unfinished_, ignored);
}

void ArchiveWriter::begin_member(const std::string& name, std::int64_t size) {
    const std::unique_ptr<archive_entry, FreeEntry> entry(archive_entry_new());
    archive_entry_set_pathname(entry.get(), name.c_str());
    archive_entry_set_size(entry.get(), size);
    archive_entry_set_filetype(entry.get(), AE_IFREG);
    archive_entry_set_perm(entry.get(), 0600);
    if (archive_write_header(archive_.get(), entry.get()) != ARCHIVE_OK) refuse(unfinished_, archive_.get());
}

void ArchiveWriter::write(std::string_view bytes) {
    if (archive_write_data(archive_.get(), bytes.data(), bytes.size()) < 0) refuse(unfinished_, archive_.get());
}

void ArchiveWriter::add_text(const std::string& name, std::string_view content) {
    begin_member(name, static_cast<std::int64_t>(content.size()));
    write(content);
    members_[name] = {static_cast<std::int64_t>(content.size()), sha256_hex(content)};
}

void ArchiveWriter::add_file(const std::string& name, const fs::path& source) {
    std::ifstream file(source, std::ios::binary);
    if (!file) throw std::runtime_error(fmt::format("cannot read {}", source.string()));
    auto left = static_cast<std::int64_t>(fs::file_size(source));
    MemberFacts facts{.size = left};
    begin_member(name, left);
    Digest digest;
    std::array<char, block_size> block{};
    while (left > 0) {
        file.read(block.data(), static_cast<std::streamsize>(std::min<std::int64_t>(left, block_size)));
        const std::string_view piece(block.data(), static_cast<std::size_t>(file.gcount()));
        if (piece.empty()) throw std::runtime_error(fmt::format("{} became shorter while it was read", source.string()));
        digest.add(piece);
        write(piece);
        left -= static_cast<std::int64_t>(piece.size());
    }
    facts.sha256 = digest.hex();
    members_[name] = std::move(facts);
}

void ArchiveWriter::finish() {
    if (archive_write_close(archive_.get()) != ARCHIVE_OK) refuse(unfinished_, archive_.get());
    const Descriptor file(::open(unfinished_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open() || ::fsync(file.get()) != 0)
        throw std::runtime_error(fmt::format("cannot write {}", unfinished_.string()));
    fs::rename(unfinished_, path_);
    finished_ = true;
}

// ---- reading -----------------------------------------------------------------------------------------------------------

std::map<std::string, MemberFacts> read_archive(const fs::path& path, const TakeMember& take) {
    const std::unique_ptr<archive, FreeReader> reader(archive_read_new());
    archive_read_support_format_tar(reader.get());
    if (archive_read_open_filename(reader.get(), path.c_str(), block_size) != ARCHIVE_OK) refuse(path, reader.get());
    std::map<std::string, MemberFacts> members;
    archive_entry* entry = nullptr;
    int status = ARCHIVE_OK;
    while ((status = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
        const std::string name = archive_entry_pathname(entry);
        if (archive_entry_filetype(entry) != AE_IFREG || leads_outside(name)) {
            throw std::runtime_error(fmt::format("{}: {} does not belong into a backup", path.string(), name));
        }
        const auto take_piece = take(name);
        MemberFacts facts;
        Digest digest;
        std::array<char, block_size> block{};
        la_ssize_t count = 0;
        while ((count = archive_read_data(reader.get(), block.data(), block.size())) > 0) {
            const std::string_view piece(block.data(), static_cast<std::size_t>(count));
            digest.add(piece);
            facts.size += count;
            if (take_piece) take_piece(piece);
        }
        if (count < 0) refuse(path, reader.get());
        facts.sha256 = digest.hex();
        if (!members.emplace(name, std::move(facts)).second) {
            throw std::runtime_error(fmt::format("{}: {} is in it twice", path.string(), name));
        }
    }
    if (status != ARCHIVE_EOF) refuse(path, reader.get());
    return members;
}

}  // namespace darkroom::cli
