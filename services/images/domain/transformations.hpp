// The catalogue: one table row per transformation (catalogue.cpp) says what it is called, what it takes and within which
// bounds. From it come validation, defaults, canonical recipes and GET /images/transformations. The operation itself is one
// function in worker/operations.cpp, found by the same name.
#pragma once

#include "platform/core/error.hpp"
#include "platform/json/described.hpp"

#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace darkroom::images {

enum class ParameterType { integer, number, boolean, string };
BOOST_DESCRIBE_ENUM(ParameterType, integer, number, boolean, string)

/// "#rrggbb" or "#rrggbbaa".
bool is_colour(std::string_view text);
/// 1..200 characters of UTF-8, none of them a control character, not only spaces.
bool is_watermark_text(std::string_view text);

/// monostate: no default, so the parameter is either required or may stay absent.
using ParameterDefault = std::variant<std::monostate, bool, double, std::string_view>;

struct Parameter {
    std::string_view name;
    ParameterType type;
    std::string_view description;
    bool required = false;
    ParameterDefault fallback{};
    std::optional<double> minimum{};
    std::optional<double> maximum{};
    /// For strings and integers: the only values allowed; empty for any. Numbers are spelled as in JSON.
    std::span<const std::string_view> choices{};
    /// For strings without choices; true when the text will do.
    bool (*well_formed)(std::string_view) = nullptr;
};

struct Transformation {
    std::string_view name;
    std::string_view description;
    std::span<const Parameter> parameters;
    /// A rule about several parameters; appends to the problems. Runs only when each is right by itself.
    void (*check)(const json::Object& parameters, json::Problems& problems) = nullptr;
};

/// Sorted as the catalogue shows them.
std::span<const Transformation> transformations();
/// nullptr when there is none of that name.
const Transformation* find_transformation(std::string_view name);

/// The given parameters checked, with defaults filled in, in the table's order: equal requests give equal objects.
/// nullopt after adding every problem found to `problems`.
std::optional<json::Object> complete_parameters(const Transformation& transformation, const json::Object& given,
                                                json::Problems& problems);

/// The row as GET /images/transformations shows it.
json::Object describe(const Transformation& transformation);

}  // namespace darkroom::images
