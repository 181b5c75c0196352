#include "services/users/tests/unzip.hpp"

#include <archive.h>
#include <archive_entry.h>

#include <memory>
#include <stdexcept>

namespace darkroom::users {

std::map<std::string, std::string> unzip(std::string_view zip) {
    const std::unique_ptr<archive, decltype(&archive_read_free)> reader(archive_read_new(), &archive_read_free);
    // By the directory at the end, as most programs do: it must be there.
    archive_read_support_format_zip_seekable(reader.get());
    if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK)
        throw std::runtime_error("no zip archive");
    std::map<std::string, std::string> files;
    archive_entry* entry = nullptr;
    int result = ARCHIVE_OK;
    while ((result = archive_read_next_header(reader.get(), &entry)) == ARCHIVE_OK) {
        auto& content = files[archive_entry_pathname(entry)];
        char piece[64 * 1024];
        la_ssize_t size = 0;
        while ((size = archive_read_data(reader.get(), piece, sizeof piece)) > 0)
            content.append(piece, static_cast<std::size_t>(size));
        if (size < 0) throw std::runtime_error("a damaged entry");
    }
    if (result != ARCHIVE_EOF) throw std::runtime_error("a damaged zip archive");
    return files;
}

}  // namespace darkroom::users
