// Values on their way to the server, in text format. Bound when the call is made, so nothing has to outlive it.
#pragma once

#include "platform/json/described.hpp"

#include <chrono>
#include <concepts>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::pg {

/// nullopt is NULL.
using Parameters = std::vector<std::optional<std::string>>;

/// PostgreSQL's array text: {"a","b\"c",NULL}
std::string array_text(const std::vector<std::optional<std::string>>& elements);
/// The inverse, for one dimension. Throws std::logic_error for anything else.
std::vector<std::optional<std::string>> parse_array(std::string_view text);
/// Shortest text that reads back as the same number.
std::string number_text(double value);
/// "2026-11-22T08:00:00.123456Z": to the microsecond, unlike the outside's form.
std::string timestamp_text(Timestamp time);

template <class T>
inline constexpr bool is_duration = false;
template <class Rep, class Period>
inline constexpr bool is_duration<std::chrono::duration<Rep, Period>> = true;

/// Text, Id<…> and value types with text(), described enums, bool, numbers, Timestamp, durations (as interval), std::optional,
/// JSON (as json or jsonb), std::vector of any of these (as array).
template <class T>
std::optional<std::string> to_parameter(const T& value) {
    if constexpr (json::is_optional<T>) {
        if (!value) return std::nullopt;
        return to_parameter(*value);
    } else if constexpr (std::same_as<T, std::nullopt_t> || std::same_as<T, std::nullptr_t>) {
        return std::nullopt;
    } else if constexpr (std::same_as<T, bool>) {
        return value ? "t" : "f";
    } else if constexpr (std::integral<T>) {
        return std::to_string(value);
    } else if constexpr (std::floating_point<T>) {
        return number_text(value);
    } else if constexpr (json::is_bounded<T>) {
        return std::to_string(value.value);
    } else if constexpr (std::same_as<T, Timestamp>) {
        return timestamp_text(value);
    } else if constexpr (is_duration<T>) {
        return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(value).count()) + " microseconds";
    } else if constexpr (std::same_as<T, json::Object> || std::same_as<T, json::Value>) {
        return json::serialize(value);
    } else if constexpr (std::same_as<T, json::Array>) {
        return json::serialize(json::Value(value));
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        return std::string(std::string_view(value));
    } else if constexpr (json::is_vector<T>) {
        std::vector<std::optional<std::string>> elements;
        elements.reserve(value.size());
        for (const auto& element : value) elements.push_back(to_parameter(element));
        return array_text(elements);
    } else if constexpr (json::DescribedEnum<T>) {
        return std::string(json::enum_text(value));
    } else {
        static_assert(
            requires {
                { value.text() } -> std::convertible_to<std::string_view>;
            }, "cannot be a parameter");
        return std::string(std::string_view(value.text()));
    }
}

template <class... Args>
Parameters bind_parameters(const Args&... args) {
    Parameters parameters;
    parameters.reserve(sizeof...(args));
    (parameters.push_back(to_parameter(args)), ...);
    return parameters;
}

}  // namespace darkroom::pg
