#include "services/event_bus/domain/event_type.hpp"

#include <algorithm>

namespace darkroom::event_bus {

namespace {

constexpr std::size_t max_length = 100;
constexpr std::size_t max_patterns = 50;

bool is_type(std::string_view text) {
    if (text.empty() || text.size() > max_length || text.front() == '.' || text.back() == '.') return false;
    if (text.find("..") != std::string_view::npos) return false;
    return std::ranges::all_of(text,
                               [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; });
}

}  // namespace

Result<EventType> EventType::parse(std::string_view text) {
    if (!is_type(text)) return invalid_field("", "must be an event type such as image.uploaded");
    EventType type;
    type.text_ = std::string(text);
    return type;
}

Result<TypePattern> TypePattern::parse(std::string_view text) {
    const bool prefix = text.ends_with(".*");
    if (text != "*" && !is_type(prefix ? text.substr(0, text.size() - 2) : text)) {
        return invalid_field("", "must be an event type such as image.uploaded, or a pattern such as image.*");
    }
    TypePattern pattern;
    pattern.text_ = std::string(text);
    return pattern;
}

bool TypePattern::matches(std::string_view type) const {
    if (text_ == "*") return true;
    if (text_.ends_with(".*")) return type.starts_with(std::string_view(text_).substr(0, text_.size() - 1));
    return type == text_;
}

std::optional<std::string> TypePattern::exact() const {
    if (text_.ends_with('*')) return std::nullopt;
    return text_;
}

std::optional<std::string> TypePattern::like() const {
    if (!text_.ends_with('*')) return std::nullopt;
    std::string pattern;
    for (const char c : std::string_view(text_).substr(0, text_.size() - 1)) {
        if (c == '_') pattern += '\\';
        pattern += c;
    }
    return pattern + '%';
}

Result<TypePatterns> TypePatterns::parse(std::string_view text) {
    TypePatterns all;
    all.text_ = std::string(text);
    while (true) {
        const auto comma = text.find(',');
        auto pattern = TypePattern::parse(text.substr(0, comma));
        if (!pattern) return pattern.error();
        all.patterns_.push_back(std::move(*pattern));
        if (all.patterns_.size() > max_patterns) return invalid_field("", "must name at most 50 types");
        if (comma == std::string_view::npos) return all;
        text.remove_prefix(comma + 1);
    }
}

}  // namespace darkroom::event_bus
