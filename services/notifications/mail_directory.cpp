#include "services/notifications/mail_directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <vector>

namespace darkroom::notifications {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view suffix = ".eml";

[[noreturn]] void cannot(const std::string& what, const fs::path& path) {
    throw std::system_error(errno, std::generic_category(), what + ' ' + path.string());
}

/// "20261122T080000123Z-<id>.eml": names sort by time, and the same mail always has the same one.
std::string file_name(const mail::Message& message) {
    auto time = to_rfc3339(message.date);
    std::erase_if(time, [](char c) { return c == '-' || c == ':' || c == '.'; });
    return time + '-' + message.id + std::string(suffix);
}

void write_file(const fs::path& path, std::string_view content) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0) cannot("open", path);
    const auto written = ::write(descriptor, content.data(), content.size());
    const bool whole = written == static_cast<ssize_t>(content.size()) && ::fsync(descriptor) == 0;
    ::close(descriptor);
    if (!whole) cannot("write", path);
}

/// By name, which is by time.
void remove_oldest(const fs::path& directory, std::size_t limit) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory)) {
        auto name = entry.path().filename().string();
        if (name.ends_with(suffix)) names.push_back(std::move(name));
    }
    if (names.size() <= limit) return;
    std::ranges::sort(names);
    names.resize(names.size() - limit);
    for (const auto& name : names) {
        std::error_code gone_already;
        fs::remove(directory / name, gone_already);
    }
}

MailOutcome store(const fs::path& directory, const mail::Message& message, std::size_t limit) {
    try {
        fs::create_directories(directory.parent_path());
        if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) cannot("create", directory);
        const auto name = file_name(message);
        const auto scratch = directory / ('.' + name + '.' + std::to_string(::getpid()));
        write_file(scratch, mail::compose(message));
        fs::rename(scratch, directory / name);
        remove_oldest(directory, limit);
        return {MailVerdict::delivered};
    } catch (const std::system_error& error) {  // a full disk, say: the mail waits in the table
        return {MailVerdict::postponed, std::string("the local mailbox cannot be written: ") + error.what()};
    }
}

}  // namespace

awaitable<MailOutcome> MailDirectory::send(mail::Message message) {
    const auto work = [directory = directory_, limit = limit_, message = std::move(message)] {
        return store(directory, message, limit);
    };
    return cpu_.run(work);
}

}  // namespace darkroom::notifications
