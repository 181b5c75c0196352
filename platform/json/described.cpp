#include "platform/json/described.hpp"

#include <fmt/format.h>
#include <boost/json/basic_parser_impl.hpp>

#include <unordered_set>

namespace darkroom::json {

namespace {

/// Boost.JSON keeps the last of two equal keys; two readers of one text could then disagree, so we refuse it.
class DuplicateKeyFinder {
public:
    struct handler {
        constexpr static std::size_t max_object_size = std::size_t(-1);
        constexpr static std::size_t max_array_size = std::size_t(-1);
        constexpr static std::size_t max_key_size = std::size_t(-1);
        constexpr static std::size_t max_string_size = std::size_t(-1);

        using error_code = boost::json::error_code;
        using string_view = boost::json::string_view;

        bool on_document_begin(error_code&) { return true; }
        bool on_document_end(error_code&) { return true; }
        bool on_object_begin(error_code&) {
            levels.emplace_back();
            return true;
        }
        bool on_object_end(std::size_t, error_code&) {
            levels.pop_back();
            return true;
        }
        bool on_array_begin(error_code&) { return true; }
        bool on_array_end(std::size_t, error_code&) { return true; }
        bool on_key_part(string_view part, std::size_t, error_code&) {
            key.append(part.data(), part.size());
            return true;
        }
        bool on_key(string_view part, std::size_t, error_code& error) {
            key.append(part.data(), part.size());
            if (!levels.back().insert(key).second) {
                duplicate = key;
                error = boost::json::error::extra_data;
                return false;
            }
            key.clear();
            return true;
        }
        bool on_string_part(string_view, std::size_t, error_code&) { return true; }
        bool on_string(string_view, std::size_t, error_code&) { return true; }
        bool on_number_part(string_view, error_code&) { return true; }
        bool on_int64(std::int64_t, string_view, error_code&) { return true; }
        bool on_uint64(std::uint64_t, string_view, error_code&) { return true; }
        bool on_double(double, string_view, error_code&) { return true; }
        bool on_bool(bool, error_code&) { return true; }
        bool on_null(error_code&) { return true; }
        bool on_comment_part(string_view, error_code&) { return true; }
        bool on_comment(string_view, error_code&) { return true; }

        std::vector<std::unordered_set<std::string>> levels;
        std::string key;
        std::string duplicate;
    };

    static std::string find(std::string_view text, const boost::json::parse_options& options) {
        boost::json::basic_parser<handler> parser(options);
        boost::json::error_code error;
        parser.write_some(false, text.data(), text.size(), error);
        return parser.handler().duplicate;
    }
};

}  // namespace

Result<Value> parse(std::string_view text) {
    boost::json::parse_options options;
    options.max_depth = 32;
    boost::json::error_code error;
    auto value = boost::json::parse(boost::json::string_view(text.data(), text.size()), error, {}, options);
    if (error) return Error{Kind::invalid, "invalid_json", "the body is not valid JSON: " + error.message()};
    if (auto key = DuplicateKeyFinder::find(text, options); !key.empty()) {
        return Error{Kind::invalid, "invalid_json", "the body is not valid JSON: the key \"" + key + "\" appears twice"};
    }
    return value;
}

namespace {

/// Boost.JSON writes 2.5 as 2.5E0: right, and ugly wherever a person reads it.
void write_number(std::string& out, double number) {
    fmt::format_to(std::back_inserter(out), "{}", number);
}

void write_compact(std::string& out, const Value& value);

void write_compact(std::string& out, const Object& object) {
    out += '{';
    bool first = true;
    for (const auto& member : object) {
        if (!first) out += ',';
        first = false;
        out += boost::json::serialize(member.key());
        out += ':';
        write_compact(out, member.value());
    }
    out += '}';
}

void write_compact(std::string& out, const Array& array) {
    out += '[';
    bool first = true;
    for (const auto& element : array) {
        if (!first) out += ',';
        first = false;
        write_compact(out, element);
    }
    out += ']';
}

void write_compact(std::string& out, const Value& value) {
    switch (value.kind()) {
        case boost::json::kind::object: write_compact(out, value.get_object()); break;
        case boost::json::kind::array: write_compact(out, value.get_array()); break;
        case boost::json::kind::double_: write_number(out, value.get_double()); break;
        case boost::json::kind::string: out += boost::json::serialize(value.get_string()); break;
        case boost::json::kind::int64: fmt::format_to(std::back_inserter(out), "{}", value.get_int64()); break;
        case boost::json::kind::uint64: fmt::format_to(std::back_inserter(out), "{}", value.get_uint64()); break;
        case boost::json::kind::bool_: out += value.get_bool() ? "true" : "false"; break;
        case boost::json::kind::null: out += "null"; break;
    }
}

}  // namespace

std::string serialize(const Value& value) {
    std::string out;
    write_compact(out, value);
    return out;
}

std::string serialize(const Object& object) {
    std::string out;
    write_compact(out, object);
    return out;
}

namespace {

template <class Container, class WriteElement>
void write_indented(std::string& out, const Container& container, std::size_t depth, std::string_view brackets,
                    const WriteElement& write_element) {
    if (container.empty()) {
        out += brackets;
        return;
    }
    out += brackets[0];
    bool first = true;
    for (const auto& element : container) {
        out += first ? "\n" : ",\n";
        first = false;
        out.append(depth * 2 + 2, ' ');
        write_element(element);
    }
    out += '\n';
    out.append(depth * 2, ' ');
    out += brackets[1];
}

void write_pretty(std::string& out, const Value& value, std::size_t depth) {
    if (const auto* object = value.if_object()) {
        write_indented(out, *object, depth, "{}", [&](const auto& member) {
            out += boost::json::serialize(member.key()) + ": ";
            write_pretty(out, member.value(), depth + 1);
        });
    } else if (const auto* array = value.if_array()) {
        write_indented(out, *array, depth, "[]", [&](const Value& element) { write_pretty(out, element, depth + 1); });
    } else {
        write_compact(out, value);
    }
}

}  // namespace

std::string pretty(const Value& value) {
    std::string out;
    write_pretty(out, value, 0);
    return out + '\n';
}

std::string one_of(std::span<const std::string_view> names) {
    std::string text = "must be one of ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += ", ";
        text += names[i];
    }
    return text;
}

}  // namespace darkroom::json
