// One process's log on disk: JSON lines, rotated by size, bounded in all.
#pragma once

#include "cli/process.hpp"

#include <filesystem>
#include <string_view>

namespace darkroom::cli {

class LogFile {
public:
    /// <path>, <path>.1 … <path>.3: at most four times this much for each process.
    static constexpr std::int64_t rotate_at = 8 * 1024 * 1024;
    static constexpr int rotated_files = 3;

    /// Opened at the first write. `limit` is for tests.
    explicit LogFile(std::filesystem::path path, std::int64_t limit = rotate_at) : path_(std::move(path)), limit_(limit) {}

    /// Appends the line and a line feed. A full disk loses lines, never the process: errors are swallowed.
    void write(std::string_view line);

private:
    void open();
    void rotate();

    std::filesystem::path path_;
    std::int64_t limit_;
    std::int64_t size_ = 0;
    Descriptor file_;
};

}  // namespace darkroom::cli
