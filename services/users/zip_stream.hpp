// A zip archive made piece by piece, in memory that does not grow with what goes through it. Sizes past 4 GiB and more than
// 65,535 entries are written as zip64.
#pragma once

#include "platform/core/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct archive;
struct archive_entry;

namespace darkroom::users {

class ZipStream {
public:
    /// Pictures are compressed already, and only cost time a second time.
    enum class Content { text, compressed };

    ZipStream();
    ZipStream(const ZipStream&) = delete;
    ZipStream& operator=(const ZipStream&) = delete;

    /// Begins an entry, ending the one before. `path`: ASCII, relative. `size` is a promise where it is given.
    void begin(const std::string& path, Content content, std::optional<std::int64_t> size);
    void write(std::string_view piece);
    /// The directory at the end; nothing may follow.
    void close();

    /// What is ready to be sent, which is forgotten here.
    std::string take();
    std::size_t ready() const { return ready_.size(); }

private:
    struct Free {
        void operator()(archive* writer) const;
        void operator()(archive_entry* entry) const;
    };

    void check(int result) const;

    std::string ready_;
    std::int64_t made_at_;
    std::unique_ptr<archive, Free> writer_;
    std::unique_ptr<archive_entry, Free> entry_;
};

}  // namespace darkroom::users
