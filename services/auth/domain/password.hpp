// A password as somebody chose it.
#pragma once

#include "platform/core/secret.hpp"
#include "platform/json/described.hpp"

#include <string_view>

namespace darkroom::accounts {

/// 8..128 characters (code points) of any kind. Every one of them counts: see password_hasher.hpp.
class Password {
public:
    static Result<Password> parse(std::string_view text);
    static constexpr json::TextSchema schema{.min_length = 8, .max_length = 128, .format = "password"};

    Password() = default;
    std::string_view text() const noexcept { return secret_.reveal(); }

private:
    explicit Password(Secret secret) : secret_(std::move(secret)) {}
    Secret secret_;
};

}  // namespace darkroom::accounts
