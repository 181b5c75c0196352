#include "cli/supervisor/log_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace darkroom::cli {

namespace fs = std::filesystem;

void LogFile::open() {
    file_ = Descriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
    struct stat info{};
    size_ = file_.open() && ::fstat(file_.get(), &info) == 0 ? info.st_size : 0;
}

void LogFile::rotate() {
    file_.reset();
    std::error_code ignored;
    for (int i = rotated_files; i > 0; --i) {
        const auto older = fs::path(path_.string() + "." + std::to_string(i));
        const auto newer = i == 1 ? path_ : fs::path(path_.string() + "." + std::to_string(i - 1));
        fs::rename(newer, older, ignored);
    }
    open();
}

void LogFile::write(std::string_view line) {
    if (!file_.open()) open();
    if (size_ > 0 && size_ + static_cast<std::int64_t>(line.size()) >= limit_) rotate();
    std::string text(line);
    text += '\n';
    if (file_.open() && ::write(file_.get(), text.data(), text.size()) > 0) size_ += static_cast<std::int64_t>(text.size());
}

}  // namespace darkroom::cli
