#include "services/auth/domain/password.hpp"

#include "platform/core/embedded.hpp"
#include "platform/identity/text.hpp"

#include <span>
#include <unordered_set>

namespace darkroom::accounts {

/// Embedded by CMake: domain/common_passwords.txt.
std::span<const EmbeddedFile> common_passwords();

namespace {

constexpr std::size_t shortest_name = 4;

std::unordered_set<std::string_view> read_common() {
    std::unordered_set<std::string_view> lines;
    auto text = common_passwords().front().content;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        if (end > 0 && text.front() != '#') lines.insert(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

bool is_common(const std::string& lower) {
    static const auto known = read_common();
    return known.contains(lower);
}

/// Whether `lower` is `name` with no good password around it.
bool is_built_on(std::string lower, const std::string& name) {
    if (name.size() < shortest_name || lower.find(name) == std::string::npos) return false;
    for (auto at = lower.find(name); at != std::string::npos; at = lower.find(name, at)) lower.erase(at, name.size());
    return Password::parse(lower).has_error() || is_common(lower);
}

}  // namespace

Result<Password> Password::parse(std::string_view text) {
    const auto length = identity::count_code_points(text);
    if (!length) return invalid_field("", "is not UTF-8");
    if (*length < schema.min_length || *length > schema.max_length) return invalid_field("", "must be 8 to 128 characters");
    return Password(Secret(std::string(text)));
}

Result<void> PasswordPolicy::check(const Password& password, const identity::Username& username, const identity::Email& email,
                                   std::string field) const {
    if (!refuses_guessable_) return {};
    const auto lower = identity::to_lower(password.text());
    if (is_common(lower)) return invalid_field(std::move(field), "is one of the passwords that are tried first");
    if (is_built_on(lower, identity::to_lower(username.text()))) {
        return invalid_field(std::move(field), "must be more than the username with little else");
    }
    if (is_built_on(lower, identity::to_lower(email.local_part()))) {
        return invalid_field(std::move(field), "must be more than the e-mail address with little else");
    }
    return {};
}

}  // namespace darkroom::accounts
