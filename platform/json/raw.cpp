#include "platform/json/raw.hpp"

namespace darkroom::json {

namespace {

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/// Walks over valid JSON text value by value.
class Walker {
public:
    explicit Walker(std::string_view text) : text_(text) {}

    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }

    bool accept(char c) {
        skip_space();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }

    /// The next value, whatever it is.
    std::string_view value() {
        skip_space();
        const auto start = at_;
        int depth = 0;
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == '"') {
                skip_string();
                if (depth == 0) break;
                continue;
            }
            if (depth == 0 && (c == ',' || c == '}' || c == ']' || is_space(c))) break;
            ++at_;
            if (c == '{' || c == '[') ++depth;
            if ((c == '}' || c == ']') && --depth == 0) break;
        }
        return text_.substr(start, at_ - start);
    }

private:
    void skip_string() {
        for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (text_[at_] == '\\') ++at_;
        }
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

/// The first that `fits` says yes to.
template <class Fits>
std::optional<RawMember> find_member(std::string_view object, Fits fits) {
    Walker walker(object);
    if (!walker.accept('{') || walker.accept('}')) return std::nullopt;
    do {
        const auto key = walker.value();
        walker.accept(':');
        const RawMember member{key, walker.value()};
        if (fits(member)) return member;
    } while (walker.accept(','));
    return std::nullopt;
}

}  // namespace

std::vector<std::string_view> raw_elements(std::string_view array) {
    std::vector<std::string_view> elements;
    Walker walker(array);
    if (!walker.accept('[') || walker.accept(']')) return elements;
    do {
        elements.push_back(walker.value());
    } while (walker.accept(','));
    return elements;
}

std::vector<RawMember> raw_members(std::string_view object) {
    std::vector<RawMember> members;
    const auto keep = [&members](const RawMember& member) {
        members.push_back(member);
        return false;
    };
    find_member(object, keep);
    return members;
}

std::optional<std::string_view> raw_member(std::string_view object, std::string_view key) {
    const auto is_it = [key](const RawMember& member) {
        return member.key.size() == key.size() + 2 && member.key.substr(1, key.size()) == key;
    };
    const auto found = find_member(object, is_it);
    return found ? std::optional(found->value) : std::nullopt;
}

}  // namespace darkroom::json
