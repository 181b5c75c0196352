#include "platform/identity/username.hpp"

#include <algorithm>

namespace darkroom::identity {

namespace {

bool is_allowed(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
}

}  // namespace

Result<Username> Username::parse(std::string_view text) {
    if (text.size() < schema.min_length || text.size() > schema.max_length) {
        return invalid_field("", "must be 3 to 32 characters");
    }
    if (!std::ranges::all_of(text, is_allowed)) return invalid_field("", "may only have letters, digits, '_', '.' and '-'");
    return Username(std::string(text));
}

Username Username::derived_from(std::string_view text) {
    std::string name(text.substr(0, schema.max_length));
    std::ranges::replace_if(name, [](char c) { return !is_allowed(c); }, '-');
    while (name.size() < schema.min_length) name += '-';
    return Username(std::move(name));
}

}  // namespace darkroom::identity
