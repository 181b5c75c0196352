// What Redis answers (RESP2).
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <variant>
#include <vector>

namespace darkroom::redis {

/// The server understood the connection but refused the command ("WRONGTYPE …", "NOSCRIPT …").
class CommandError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

struct Reply {
    using Array = std::vector<Reply>;
    std::variant<std::monostate, std::int64_t, std::string, Array> value;

    bool is_nil() const { return std::holds_alternative<std::monostate>(value); }
    bool is_integer() const { return std::holds_alternative<std::int64_t>(value); }
    bool is_text() const { return std::holds_alternative<std::string>(value); }
    /// std::logic_error when the reply is of another type.
    std::int64_t integer() const;
    /// Bulk or status ("OK").
    const std::string& text() const;
    const Array& array() const;
};

}  // namespace darkroom::redis
