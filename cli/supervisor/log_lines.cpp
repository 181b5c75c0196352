#include "cli/supervisor/log_lines.hpp"

#include "platform/core/time.hpp"
#include "platform/json/described.hpp"

namespace darkroom::cli {

namespace {

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// PostgreSQL writes "ERROR:  …" behind its prefix; Redis marks warnings by " # ".
std::string_view level_of(std::string_view line) {
    for (const auto mark : {"ERROR:", "FATAL:", "PANIC:", "terminate called", "AddressSanitizer"}) {
        if (contains(line, mark)) return "error";
    }
    return contains(line, "WARNING:") || contains(line, " # ") ? "warning" : "info";
}

}  // namespace

void LineSplitter::feed(std::string_view bytes, const std::function<void(std::string_view)>& on_line) {
    while (!bytes.empty()) {
        const auto end = bytes.find('\n');
        const auto part = bytes.substr(0, end);
        if (!dropping_) pending_ += part.substr(0, longest - std::min(longest, pending_.size()));
        dropping_ = pending_.size() >= longest;
        if (end == std::string_view::npos) return;
        bytes.remove_prefix(end + 1);
        if (!pending_.empty()) on_line(pending_);
        pending_.clear();
        dropping_ = false;
    }
}

std::string as_json_line(std::string_view service, std::string_view line) {
    if (line.starts_with('{') && line.ends_with('}')) return std::string(line);
    return json::serialize(json::Object{{"time", boost::json::string(to_rfc3339(now()))},
                                        {"level", boost::json::string(level_of(line))},
                                        {"service", boost::json::string(service)},
                                        {"message", boost::json::string(line)}});
}

}  // namespace darkroom::cli
