// What a described struct's fields may be, as traits and concepts that decode, encode and schema share.
//
// Field types: bool, integers, double, std::string, Timestamp, Id<…>, described enums, described structs, std::optional,
// std::vector, std::map<std::string, T>, Object and Value (free form), and value types: a class with
//     static Result<T> parse(std::string_view);   // the error's detail says what is wrong: "is not an e-mail address"
//     const std::string& text() const;
//     static constexpr TextSchema schema{…};      // optional: what OpenAPI says of it
#pragma once

#include "platform/core/error.hpp"

#include <boost/describe.hpp>
#include <boost/json.hpp>
#include <boost/mp11.hpp>

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace darkroom::json {

using Value = boost::json::value;
using Object = boost::json::object;
using Array = boost::json::array;

/// What JSON Schema can say of a text. Zero and empty mean unsaid.
struct TextSchema {
    std::size_t min_length = 0;
    std::size_t max_length = 0;
    std::string_view pattern{};
    std::string_view format{};
};

/// A whole number within bounds that OpenAPI shows too.
template <std::int64_t Minimum, std::int64_t Maximum>
struct Bounded {
    static constexpr std::int64_t minimum = Minimum;
    static constexpr std::int64_t maximum = Maximum;
    std::int64_t value = Minimum;
};

template <class T>
inline constexpr bool is_bounded = false;
template <std::int64_t Minimum, std::int64_t Maximum>
inline constexpr bool is_bounded<Bounded<Minimum, Maximum>> = true;

template <class T>
concept ParsedText = requires(std::string_view text, const T& value) {
    { T::parse(text) } -> std::same_as<Result<T>>;
    { value.text() } -> std::convertible_to<std::string_view>;
};

template <class T>
concept DescribedStruct = std::is_class_v<T> && boost::describe::has_describe_members<T>::value && !std::is_union_v<T>;

template <class T>
concept DescribedEnum = std::is_enum_v<T> && boost::describe::has_describe_enumerators<T>::value;

template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;

template <class T>
inline constexpr bool is_string_map = false;
template <class T>
inline constexpr bool is_string_map<std::map<std::string, T>> = true;

template <class T>
using MembersOf = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

/// Enumerator names are the JSON spelling; one that would be a C++ keyword carries a trailing underscore, which is dropped.
template <DescribedEnum E>
std::string_view enum_text(E value) {
    std::string_view name = boost::describe::enum_to_string(value, "unknown");
    if (name.ends_with('_')) name.remove_suffix(1);
    return name;
}

template <DescribedEnum E>
std::optional<E> enum_from(std::string_view text) {
    std::optional<E> found;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>([&](auto descriptor) {
        if (enum_text(descriptor.value) == text) found = descriptor.value;
    });
    return found;
}

template <DescribedEnum E>
std::vector<std::string_view> enum_names() {
    std::vector<std::string_view> names;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<E>>(
        [&](auto descriptor) { names.push_back(enum_text(descriptor.value)); });
    return names;
}

}  // namespace darkroom::json
