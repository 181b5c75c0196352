#include "services/event_bus/domain/event_type.hpp"

#include "platform/bus/type_pattern.hpp"

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

TypePattern TypePattern::everything() {
    TypePattern pattern;
    pattern.text_ = "*";
    return pattern;
}

bool TypePattern::matches(std::string_view type) const {
    return bus::pattern_fits(text_, type);
}

std::optional<std::string> TypePattern::exact() const {
    if (text_.ends_with('*')) return std::nullopt;
    return text_;
}

std::string TypePattern::like() const {
    std::string pattern;
    for (const char c : text_) {
        if (c == '_') pattern += '\\';
        pattern += c == '*' ? '%' : c;
    }
    return pattern;
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
