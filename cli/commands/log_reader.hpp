// Reading the log files below <home>/log as one stream in the order of time.
#pragma once

#include "platform/json/described.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace darkroom::cli {

struct LogLine {
    /// RFC 3339 in UTC with milliseconds: sorts as text.
    std::string time;
    std::string raw;
    json::Object fields;
    std::size_t order = 0;
};

/// nullopt for what is no JSON object.
std::optional<LogLine> parse_log_line(std::string_view text);

struct LogFilter {
    /// Empty: all.
    std::string service;
    std::string trace;

    bool accepts(const LogLine& line) const;
};

class LogReader {
public:
    LogReader(std::filesystem::path directory, LogFilter filter)
        : directory_(std::move(directory)), filter_(std::move(filter)) {}

    /// The newest `count` lines (0: all of them), rotated files included, in order.
    std::vector<LogLine> read_last(std::size_t count);
    /// What was written since the last call; looks for new and rotated files too.
    std::vector<LogLine> read_new();
    void skip_to_end();

private:
    struct Position {
        std::uintmax_t inode = 0;
        std::streamoff offset = 0;
    };
    void read_from(const std::filesystem::path& path, std::streamoff& offset, std::vector<LogLine>& lines) const;

    std::filesystem::path directory_;
    LogFilter filter_;
    std::map<std::filesystem::path, Position> positions_;
};

/// One line for people: time of day, level, service, message, the rest as name=value; or the JSON as it was written.
class LogPrinter {
public:
    explicit LogPrinter(bool json);
    void print(const LogLine& line) const;
    std::string format(const LogLine& line) const;

private:
    bool json_;
    bool colour_;
};

}  // namespace darkroom::cli
