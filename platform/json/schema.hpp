// The JSON Schema (2020-12, as OpenAPI 3.1 uses it) of a described struct.
#pragma once

#include "platform/core/time.hpp"
#include "platform/json/described.hpp"

namespace darkroom::json {

Object text_schema(const TextSchema& facts);

template <class T>
Object schema() {
    if constexpr (is_optional<T>) {
        auto inner = schema<typename T::value_type>();
        if (auto* type = inner.if_contains("type"); type != nullptr && type->is_string()) *type = Array{*type, "null"};
        return inner;
    } else if constexpr (std::same_as<T, Value>) {
        return {};
    } else if constexpr (std::same_as<T, Object>) {
        return {{"type", "object"}};
    } else if constexpr (std::same_as<T, bool>) {
        return {{"type", "boolean"}};
    } else if constexpr (is_bounded<T>) {
        return {{"type", "integer"}, {"minimum", T::minimum}, {"maximum", T::maximum}};
    } else if constexpr (std::integral<T>) {
        return {{"type", "integer"}};
    } else if constexpr (std::floating_point<T>) {
        return {{"type", "number"}};
    } else if constexpr (std::same_as<T, std::string>) {
        return {{"type", "string"}};
    } else if constexpr (std::same_as<T, Timestamp>) {
        return {{"type", "string"}, {"format", "date-time"}};
    } else if constexpr (is_vector<T>) {
        return {{"type", "array"}, {"items", schema<typename T::value_type>()}};
    } else if constexpr (is_string_map<T>) {
        return {{"type", "object"}, {"additionalProperties", schema<typename T::mapped_type>()}};
    } else if constexpr (DescribedEnum<T>) {
        Array names;
        for (const auto name : enum_names<T>()) names.push_back(boost::json::string(name));
        return {{"type", "string"}, {"enum", std::move(names)}};
    } else if constexpr (ParsedText<T>) {
        if constexpr (requires { T::schema; }) {
            return text_schema(T::schema);
        } else {
            return {{"type", "string"}};
        }
    } else {
        static_assert(DescribedStruct<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        Object properties;
        Array required;
        boost::mp11::mp_for_each<MembersOf<T>>([&](auto descriptor) {
            using Field = std::remove_cvref_t<decltype(std::declval<T&>().*descriptor.pointer)>;
            properties.emplace(descriptor.name, schema<Field>());
            if constexpr (!is_optional<Field>) required.push_back(descriptor.name);
        });
        Object object{{"type", "object"}, {"properties", std::move(properties)}};
        if (!required.empty()) object.emplace("required", std::move(required));
        return object;
    }
}

}  // namespace darkroom::json
