// JSON for described structs: decode and encode from one BOOST_DESCRIBE_STRUCT (field_types.hpp says what a field may be).
// boost::json::value_to of 1.81 demands exactly N members and names no field; this reports every bad field at once.
#pragma once

#include "platform/core/ids.hpp"
#include "platform/core/time.hpp"
#include "platform/json/field_types.hpp"

#include <charconv>
#include <cmath>
#include <span>
#include <utility>

namespace darkroom::json {

/// Parses one JSON text: depth at most 32, duplicate keys refused (RFC 8259 leaves them open, we do not), nothing behind it.
Result<Value> parse(std::string_view text);
std::string serialize(const Value& value);
std::string serialize(const Object& object);
/// Indented by two spaces and ended by a line feed, for files that people compare.
std::string pretty(const Value& value);

inline std::string_view view(const boost::json::string& text) {
    return {text.data(), text.size()};
}

/// Request bodies refuse unknown members; events ignore them, so that they can grow.
enum class Unknown { refuse, ignore };

/// Collects every problem of one decode, with the path to where it is.
class Problems {
public:
    explicit Problems(Unknown unknown) : unknown_(unknown) {}

    void add(std::string message) { add_at(path_, std::move(message)); }
    void add_at(std::string path, std::string message) {
        if (errors_.size() < max_errors) errors_.push_back({std::move(path), std::move(message)});
    }
    bool empty() const { return errors_.empty(); }
    std::vector<FieldError> take() { return std::move(errors_); }
    Unknown unknown() const { return unknown_; }

    /// Enters a member or an element; the path is restored when the guard goes.
    class Step {
    public:
        Step(Problems& problems, std::string_view name) : problems_(problems), length_(problems.path_.size()) {
            if (length_ > 0) problems_.path_ += '.';
            problems_.path_ += name;
        }
        Step(Problems& problems, std::size_t index) : problems_(problems), length_(problems.path_.size()) {
            problems_.path_ += '[' + std::to_string(index) + ']';
        }
        ~Step() { problems_.path_.resize(length_); }
        Step(const Step&) = delete;
        Step& operator=(const Step&) = delete;

    private:
        Problems& problems_;
        std::size_t length_;
    };

private:
    static constexpr std::size_t max_errors = 50;
    Unknown unknown_;
    std::string path_;
    std::vector<FieldError> errors_;
};

std::string one_of(std::span<const std::string_view> names);

// ---- decode -------------------------------------------------------------------------------------------------------------

template <class T>
std::optional<T> decode_value(const Value& value, Problems& problems);

template <class T>
std::optional<T> check_bounds(std::int64_t number, Problems& problems) {
    if (number >= T::minimum && number <= T::maximum) return T{number};
    problems.add("must be from " + std::to_string(T::minimum) + " to " + std::to_string(T::maximum));
    return std::nullopt;
}

/// Texts from paths, queries and forms.
template <class T>
std::optional<T> decode_text(std::string_view text, Problems& problems) {
    if constexpr (is_optional<T>) {
        auto inner = decode_text<typename T::value_type>(text, problems);
        if (!inner) return std::nullopt;
        return T(std::move(*inner));
    } else if constexpr (std::same_as<T, std::string>) {
        return std::string(text);
    } else if constexpr (std::same_as<T, bool>) {
        if (text == "true" || text == "1") return true;
        if (text == "false" || text == "0") return false;
        problems.add("must be true or false");
        return std::nullopt;
    } else if constexpr (std::integral<T> || std::floating_point<T>) {
        T number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error == std::errc{} && end == text.data() + text.size()) {
            if constexpr (std::integral<T>) return number;
            if (std::isfinite(static_cast<double>(number))) return number;
        }
        problems.add(std::integral<T> ? "must be a whole number" : "must be a number");
        return std::nullopt;
    } else if constexpr (is_bounded<T>) {
        const auto number = decode_text<std::int64_t>(text, problems);
        if (!number) return std::nullopt;
        return check_bounds<T>(*number, problems);
    } else if constexpr (std::same_as<T, Timestamp>) {
        auto time = parse_rfc3339(text);
        if (time) return *time;
        problems.add("is not an RFC 3339 time such as 2026-11-22T08:00:00Z");
        return std::nullopt;
    } else if constexpr (DescribedEnum<T>) {
        if (const auto found = enum_from<T>(text)) return *found;
        const auto names = enum_names<T>();
        problems.add(one_of(names));
        return std::nullopt;
    } else {
        static_assert(ParsedText<T>, "this type has no text form");
        auto parsed = T::parse(text);
        if (parsed) return std::move(*parsed);
        const auto& error = parsed.error();
        problems.add(error.fields.size() == 1 ? error.fields.front().message : error.detail);
        return std::nullopt;
    }
}

template <DescribedStruct T>
std::optional<T> decode_object(const Value& value, Problems& problems) {
    const auto* object = value.if_object();
    if (object == nullptr) {
        problems.add("must be an object");
        return std::nullopt;
    }
    T result{};
    bool complete = true;
    boost::mp11::mp_for_each<MembersOf<T>>([&](auto descriptor) {
        using Field = std::remove_cvref_t<decltype(result.*descriptor.pointer)>;
        const Problems::Step step(problems, descriptor.name);
        const auto* member = object->if_contains(descriptor.name);
        if (member == nullptr || member->is_null()) {
            if constexpr (std::same_as<Field, Value>) {
                if (member == nullptr) {
                    problems.add("is required");
                    complete = false;
                }
            } else if constexpr (!is_optional<Field>) {
                problems.add("is required");
                complete = false;
            }
            return;
        }
        if (auto field = decode_value<Field>(*member, problems)) {
            result.*descriptor.pointer = std::move(*field);
        } else {
            complete = false;
        }
    });
    if (problems.unknown() == Unknown::refuse) {
        for (const auto& member : *object) {
            bool known = false;
            boost::mp11::mp_for_each<MembersOf<T>>(
                [&](auto descriptor) { known = known || std::string_view(descriptor.name) == std::string_view(member.key()); });
            if (known) continue;
            const Problems::Step step(problems, std::string_view(member.key()));
            problems.add("is not a known field");
            complete = false;
        }
    }
    if (!complete) return std::nullopt;
    return result;
}

template <std::integral T>
std::optional<T> decode_integer(const Value& value, Problems& problems) {
    if (value.is_int64() && std::in_range<T>(value.get_int64())) return static_cast<T>(value.get_int64());
    if (value.is_uint64() && std::in_range<T>(value.get_uint64())) return static_cast<T>(value.get_uint64());
    // 5.0 is a whole number in JSON.
    if (value.is_double() && std::trunc(value.get_double()) == value.get_double() && std::abs(value.get_double()) < 9e15 &&
        std::in_range<T>(static_cast<std::int64_t>(value.get_double()))) {
        return static_cast<T>(value.get_double());
    }
    problems.add(value.is_number() && !value.is_double() ? "is out of range" : "must be a whole number");
    return std::nullopt;
}

template <class T>
std::optional<std::vector<T>> decode_array(const Value& value, Problems& problems) {
    const auto* array = value.if_array();
    if (array == nullptr) {
        problems.add("must be an array");
        return std::nullopt;
    }
    std::vector<T> result;
    result.reserve(array->size());
    bool complete = true;
    for (std::size_t i = 0; i < array->size(); ++i) {
        const Problems::Step step(problems, i);
        if (auto element = decode_value<T>((*array)[i], problems)) {
            result.push_back(std::move(*element));
        } else {
            complete = false;
        }
    }
    if (!complete) return std::nullopt;
    return result;
}

template <class Map>
std::optional<Map> decode_map(const Value& value, Problems& problems) {
    const auto* object = value.if_object();
    if (object == nullptr) {
        problems.add("must be an object");
        return std::nullopt;
    }
    Map result;
    bool complete = true;
    for (const auto& member : *object) {
        const Problems::Step step(problems, std::string_view(member.key()));
        if (auto element = decode_value<typename Map::mapped_type>(member.value(), problems)) {
            result.emplace(std::string(std::string_view(member.key())), std::move(*element));
        } else {
            complete = false;
        }
    }
    if (!complete) return std::nullopt;
    return result;
}

template <class T>
std::optional<T> decode_value(const Value& value, Problems& problems) {
    if constexpr (is_optional<T>) {
        if (value.is_null()) return T{};
        auto inner = decode_value<typename T::value_type>(value, problems);
        if (!inner) return std::nullopt;
        return T(std::move(*inner));
    } else if constexpr (std::same_as<T, Value>) {
        return value;
    } else if constexpr (std::same_as<T, Object>) {
        if (value.is_object()) return value.get_object();
        problems.add("must be an object");
        return std::nullopt;
    } else if constexpr (std::same_as<T, bool>) {
        if (value.is_bool()) return value.get_bool();
        problems.add("must be true or false");
        return std::nullopt;
    } else if constexpr (is_bounded<T>) {
        const auto number = decode_integer<std::int64_t>(value, problems);
        if (!number) return std::nullopt;
        return check_bounds<T>(*number, problems);
    } else if constexpr (std::integral<T>) {
        return decode_integer<T>(value, problems);
    } else if constexpr (std::floating_point<T>) {
        if (value.is_number()) return value.to_number<T>();
        problems.add("must be a number");
        return std::nullopt;
    } else if constexpr (is_vector<T>) {
        return decode_array<typename T::value_type>(value, problems);
    } else if constexpr (is_string_map<T>) {
        return decode_map<T>(value, problems);
    } else if constexpr (DescribedStruct<T> && !ParsedText<T>) {
        return decode_object<T>(value, problems);
    } else {
        if (!value.is_string()) {
            problems.add("must be a string");
            return std::nullopt;
        }
        return decode_text<T>(view(value.get_string()), problems);
    }
}

/// The struct, or Kind::invalid with every bad field.
template <class T>
Result<T> decode(const Value& value, Unknown unknown = Unknown::refuse) {
    Problems problems(unknown);
    auto result = decode_value<T>(value, problems);
    if (result && problems.empty()) return std::move(*result);
    return invalid_fields(problems.take());
}

template <class T>
Result<T> decode_json(std::string_view text, Unknown unknown = Unknown::refuse) {
    auto value = parse(text);
    if (!value) return value.error();
    return decode<T>(*value, unknown);
}

// ---- encode -------------------------------------------------------------------------------------------------------------

template <class T>
Value encode(const T& value) {
    if constexpr (is_optional<T>) {
        return value ? encode(*value) : Value(nullptr);
    } else if constexpr (std::same_as<T, Value>) {
        return value;
    } else if constexpr (std::same_as<T, Object> || std::same_as<T, Array>) {
        return Value(value);
    } else if constexpr (std::same_as<T, bool> || std::integral<T> || std::floating_point<T>) {
        return Value(value);
    } else if constexpr (is_bounded<T>) {
        return Value(value.value);
    } else if constexpr (std::same_as<T, Timestamp>) {
        return Value(to_rfc3339(value));
    } else if constexpr (std::convertible_to<const T&, std::string_view>) {
        return Value(boost::json::string(std::string_view(value)));
    } else if constexpr (is_vector<T>) {
        Array array;
        array.reserve(value.size());
        for (const auto& element : value) array.push_back(encode(element));
        return Value(std::move(array));
    } else if constexpr (is_string_map<T>) {
        Object object;
        for (const auto& [key, element] : value) object.emplace(key, encode(element));
        return Value(std::move(object));
    } else if constexpr (DescribedEnum<T>) {
        return Value(boost::json::string(enum_text(value)));
    } else if constexpr (ParsedText<T>) {
        return Value(boost::json::string(std::string_view(value.text())));
    } else {
        static_assert(DescribedStruct<T>, "describe the struct with BOOST_DESCRIBE_STRUCT");
        Object object;
        boost::mp11::mp_for_each<MembersOf<T>>(
            [&](auto descriptor) { object.emplace(descriptor.name, encode(value.*descriptor.pointer)); });
        return Value(std::move(object));
    }
}

}  // namespace darkroom::json
