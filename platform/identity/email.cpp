#include "platform/identity/email.hpp"

#include "platform/identity/text.hpp"

#include <algorithm>

namespace darkroom::identity {

namespace {

constexpr std::size_t max_local_part = 64;
constexpr std::size_t max_label = 63;

bool is_alphanumeric(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 5322 atext.
bool is_atom_character(char c) {
    return is_alphanumeric(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

/// True when `holds` is for every part between dots.
template <class Predicate>
bool every_part(std::string_view text, Predicate holds) {
    while (true) {
        const auto dot = text.find('.');
        if (!holds(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_atom(std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, is_atom_character);
}

bool is_label(std::string_view part) {
    return !part.empty() && part.size() <= max_label && part.front() != '-' && part.back() != '-' &&
           std::ranges::all_of(part, [](char c) { return is_alphanumeric(c) || c == '-'; });
}

bool is_domain(std::string_view domain) {
    if (domain == "localhost") return true;
    const auto dot = domain.rfind('.');
    // A number as last label would be an address literal without brackets.
    return dot != std::string_view::npos && every_part(domain, is_label) &&
           !std::ranges::all_of(domain.substr(dot + 1), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Email> Email::parse(std::string_view text) {
    const auto address = trim(text);
    const auto at = address.rfind('@');
    if (address.size() > schema.max_length) return invalid_field("", "must be at most 254 characters");
    if (at == std::string_view::npos || at > max_local_part || !every_part(address.substr(0, at), is_atom) ||
        !is_domain(address.substr(at + 1))) {
        return invalid_field("", "is not an e-mail address");
    }
    return Email(std::string(address));
}

std::string_view Email::local_part() const {
    return std::string_view(text_).substr(0, text_.rfind('@'));
}

}  // namespace darkroom::identity
