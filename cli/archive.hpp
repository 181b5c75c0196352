// Tar files (POSIX pax, no compression: pictures and dumps are compressed already), by libarchive. Blocking.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

struct archive;

namespace darkroom::cli {

/// Size and SHA-256 (hex) of a member.
struct MemberFacts {
    std::int64_t size = 0;
    std::string sha256;

    bool operator==(const MemberFacts&) const = default;
};

/// Writes `path`.part, mode 0600, and gives it its name when finished; dropped before, it removes it. Throws std::runtime_error
/// with one line.
class ArchiveWriter {
public:
    explicit ArchiveWriter(std::filesystem::path path);
    ~ArchiveWriter();
    ArchiveWriter(const ArchiveWriter&) = delete;
    ArchiveWriter& operator=(const ArchiveWriter&) = delete;

    void add_file(const std::string& name, const std::filesystem::path& source);
    void add_text(const std::string& name, std::string_view content);
    /// Flushed to disk.
    void finish();
    const std::map<std::string, MemberFacts>& members() const { return members_; }

private:
    struct Close {
        void operator()(archive* writer) const;
    };
    void begin_member(const std::string& name, std::int64_t size);
    void write(std::string_view bytes);

    std::filesystem::path path_;
    std::filesystem::path unfinished_;
    std::unique_ptr<archive, Close> archive_;
    std::map<std::string, MemberFacts> members_;
    bool finished_ = false;
};

/// Called with each piece of a member.
using TakePiece = std::function<void(std::string_view piece)>;
/// Called for each member in its turn; an empty function skips the content, which is hashed all the same.
using TakeMember = std::function<TakePiece(const std::string& name)>;

/// Reads an archive from its beginning to its end and returns what it found. Only plain files with relative names that do not
/// lead out of the archive are accepted. Throws std::runtime_error with one line.
std::map<std::string, MemberFacts> read_archive(const std::filesystem::path& path, const TakeMember& take);

}  // namespace darkroom::cli
