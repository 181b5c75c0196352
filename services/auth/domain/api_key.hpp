// An API key as its owner names it and limits it.
#pragma once

#include "platform/auth/permissions.hpp"
#include "platform/core/ids.hpp"
#include "platform/core/time.hpp"
#include "platform/json/described.hpp"
#include "services/auth/domain/token_family.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

struct ApiKeyTag {};
using ApiKeyId = Id<ApiKeyTag>;

/// What the owner calls a key or an application: 1..100 characters, none of them a control character.
class Label {
public:
    static Result<Label> parse(std::string_view text);
    static constexpr json::TextSchema schema{.min_length = 1, .max_length = 100};

    Label() = default;
    const std::string& text() const noexcept { return text_; }

private:
    explicit Label(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// "dk_" and 43 characters of base64url: 256 random bits.
OpaqueToken new_api_key();
/// What may be shown of it later.
std::string shown_prefix(const OpaqueToken& key);

/// Sorted, without repeats. 422 that names the first scope which is no permission or which `role` does not have.
Result<std::vector<std::string>> check_scopes(std::vector<std::string> scopes, auth::Role role);

/// 422 for a time that has passed.
Result<void> check_expiry(const std::optional<Timestamp>& expires_at, Timestamp now);

}  // namespace darkroom::accounts
