// Slices of JSON text: for what must be passed on byte for byte. The text must be valid (see `parse`).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace darkroom::json {

/// The text of each element of an array, without surrounding white space.
std::vector<std::string_view> raw_elements(std::string_view array);

struct RawMember {
    /// As written: with its quotes and escapes.
    std::string_view key;
    std::string_view value;
};

/// The members of an object, in their order.
std::vector<RawMember> raw_members(std::string_view object);

/// The text of an object's member, found by its key as written (a key that is spelled with escapes is not found).
std::optional<std::string_view> raw_member(std::string_view object, std::string_view key);

}  // namespace darkroom::json
