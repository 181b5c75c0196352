#include "cli/commands/log_reader.hpp"

#include <fmt/format.h>

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iostream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

std::string text_of(const json::Object& object, std::string_view name) {
    const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
    if (value == nullptr) return {};
    return value->is_string() ? std::string(json::view(value->get_string())) : json::serialize(*value);
}

std::uintmax_t inode_of(const fs::path& path) {
    struct stat info{};
    return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
}

std::string_view colour_of(std::string_view level) {
    if (level == "error") return "\033[31m";
    return level == "warning" ? "\033[33m" : "\033[2m";
}

/// Lines of one millisecond keep the order in which their file has them.
void sort_by_time(std::vector<LogLine>& lines) {
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i].order = i;
    std::ranges::sort(lines,
                      [](const LogLine& a, const LogLine& b) { return std::tie(a.time, a.order) < std::tie(b.time, b.order); });
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view text) {
    auto value = json::parse(text);
    if (!value || !value->is_object()) return std::nullopt;
    LogLine line{.raw = std::string(text), .fields = std::move(value->get_object())};
    line.time = text_of(line.fields, "time");
    return line;
}

bool LogFilter::accepts(const LogLine& line) const {
    // What the supervisor says about a service stands in that service's file and counts as its own.
    if (trace.empty()) return true;
    for (const auto* name : {"correlation_id", "trace_id", "traceparent"}) {
        const auto value = text_of(line.fields, name);
        if (!value.empty() && value.find(trace) != std::string::npos) return true;
    }
    return false;
}

void LogReader::read_from(const fs::path& path, std::streamoff& offset, std::vector<LogLine>& lines) const {
    std::ifstream file(path);
    file.seekg(offset);
    for (std::string text; std::getline(file, text);) {
        // A line without its line feed is still being written: it is read again later.
        if (file.eof()) break;
        offset = file.tellg();
        auto line = parse_log_line(text);
        if (line && filter_.accepts(*line)) lines.push_back(std::move(*line));
    }
}

std::vector<LogLine> LogReader::read_last(std::size_t count) {
    std::vector<LogLine> lines;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(directory_, missing)) {
        const auto name = entry.path().filename().string();
        const auto mark = name.find(".log");
        if (mark == std::string::npos || (!filter_.service.empty() && name.substr(0, mark) != filter_.service)) continue;
        // Rotated files hold older lines: only asked for when everything is wanted.
        const bool rotated = name.size() > mark + 4;
        if (rotated && count != 0 && filter_.trace.empty()) continue;
        std::vector<LogLine> own;
        std::streamoff offset = 0;
        read_from(entry.path(), offset, own);
        if (!rotated) positions_[entry.path()] = {inode_of(entry.path()), offset};
        // No more than `count` of one file can be among the newest of all.
        if (count != 0 && own.size() > count) own.erase(own.begin(), own.end() - static_cast<std::ptrdiff_t>(count));
        std::ranges::move(own, std::back_inserter(lines));
    }
    sort_by_time(lines);
    if (count != 0 && lines.size() > count) lines.erase(lines.begin(), lines.end() - static_cast<std::ptrdiff_t>(count));
    return lines;
}

std::vector<LogLine> LogReader::read_new() {
    std::vector<LogLine> lines;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(directory_, missing)) {
        if (entry.path().extension() != ".log") continue;
        if (!filter_.service.empty() && entry.path().stem() != filter_.service) continue;
        auto& position = positions_[entry.path()];
        const auto inode = inode_of(entry.path());
        if (position.inode != inode) {
            // Rotated: finish the old file under its new name, then start at the top of the new one.
            if (position.inode != 0) read_from(entry.path().string() + ".1", position.offset, lines);
            position = {inode, 0};
        }
        read_from(entry.path(), position.offset, lines);
    }
    sort_by_time(lines);
    return lines;
}

void LogReader::skip_to_end() {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(directory_, missing)) {
        if (entry.path().extension() != ".log") continue;
        positions_[entry.path()] = {inode_of(entry.path()), static_cast<std::streamoff>(entry.file_size(missing))};
    }
}

LogPrinter::LogPrinter(bool json) : json_(json), colour_(::isatty(STDOUT_FILENO) == 1) {}

std::string LogPrinter::format(const LogLine& line) const {
    if (json_) return line.raw;
    const auto level = text_of(line.fields, "level");
    // "2026-11-22T08:00:00.123Z" → "08:00:00.123"
    const auto time = line.time.size() == 24 ? line.time.substr(11, 12) : line.time;
    auto text =
        fmt::format("{} {:<7} {:<21} {}", time, level, text_of(line.fields, "service"), text_of(line.fields, "message"));
    for (const auto& member : line.fields) {
        const std::string_view name(member.key().data(), member.key().size());
        if (name == "time" || name == "level" || name == "service" || name == "message") continue;
        text += fmt::format(" {}={}", name, text_of(line.fields, name));
    }
    if (!colour_) return text;
    return fmt::format("{}{}\033[0m", colour_of(level), text);
}

void LogPrinter::print(const LogLine& line) const {
    std::cout << format(line) << '\n';
}

}  // namespace darkroom::cli
