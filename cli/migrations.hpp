// Every service's own migrations, run by its own program: the command line knows no schema.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace darkroom::cli {

/// All at once, each waited for to its end, so that no half of a failure goes on behind our back. Output goes to
/// <logs>/migrate-<service>.out, or to our own when `logs` is empty; `tick` is called while waiting. Throws the first failure.
void run_migrations(const std::filesystem::path& binaries, const std::string& owner_url, const std::filesystem::path& logs,
                    const std::function<void()>& tick);

/// The last line that is not empty; of one of our JSON log lines its message and error.
std::string last_message_of(const std::filesystem::path& path);
std::string message_of(const std::string& line);

}  // namespace darkroom::cli
