#include "platform/http/part_headers.hpp"

#include "platform/core/encoding.hpp"
#include "platform/http/multipart_parser.hpp"
#include "platform/http/path.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

constexpr std::size_t longest_filename = 255;

bool is_token_character(char c) {
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Reads a quoted string from the front of `rest`, which begins with its quote.
std::optional<std::string> take_quoted(std::string_view& rest) {
    std::string value;
    for (std::size_t i = 1; i < rest.size(); ++i) {
        if (rest[i] == '"') {
            rest.remove_prefix(i + 1);
            return value;
        }
        if (rest[i] == '\\' && i + 1 < rest.size() && rest[i + 1] == '"') ++i;
        value += rest[i];
    }
    return std::nullopt;
}

std::optional<std::string> take_value(std::string_view& rest) {
    if (rest.starts_with('"')) return take_quoted(rest);
    const auto value = trim(rest.substr(0, rest.find(';')));
    rest.remove_prefix(std::min(rest.size(), rest.find(';')));
    if (value.empty()) return std::nullopt;
    return std::string(value);
}

/// RFC 8187: charset'language'percent-encoded. Only UTF-8 is understood.
std::optional<std::string> decode_extended(std::string_view text) {
    const auto first = text.find('\'');
    const auto second = first == std::string_view::npos ? first : text.find('\'', first + 1);
    if (second == std::string_view::npos || !equal_ignoring_case(text.substr(0, first), "utf-8")) return std::nullopt;
    return percent_decode(text.substr(second + 1));
}

Error malformed(std::string_view what) {
    return {Kind::invalid, "malformed_multipart", "the multipart body " + std::string(what)};
}

/// Bytes of the character at the front of `text` (which is UTF-8) that must not appear in a name: C1 controls and the
/// marks that turn the direction of text around ("gpj.exe" would read "exe.jpg").
bool is_deceptive(std::string_view character) {
    if (character.size() == 2) return character[0] == '\xC2' && static_cast<unsigned char>(character[1]) < 0xA0;
    if (character.size() != 3 || character[0] != '\xE2') return false;
    const auto last = static_cast<unsigned char>(character[2]);
    if (character[1] == '\x80') return last == 0x8E || last == 0x8F || (last >= 0xA8 && last <= 0xAE);
    return character[1] == '\x81' && last >= 0xA6 && last <= 0xA9;
}

std::size_t character_length(char lead) {
    const auto byte = static_cast<unsigned char>(lead);
    if (byte < 0x80) return 1;
    if (byte < 0xE0) return 2;
    return byte < 0xF0 ? 3 : 4;
}

std::optional<Error> note_disposition(Part& part, std::string_view value) {
    const auto disposition = parse_parameterized(value);
    if (!disposition || !equal_ignoring_case(disposition->value, "form-data"))
        return malformed("has a part that is no form-data");
    const auto* name = disposition->find("name");
    if (name == nullptr || !is_utf8(*name) || std::ranges::any_of(*name, is_control)) {
        return malformed("has a part without a valid name");
    }
    part.name = *name;
    if (const auto* filename = disposition->find("filename")) part.filename = sanitized_filename(*filename);
    if (const auto* extended = disposition->find("filename*")) {
        const auto decoded = decode_extended(*extended);
        if (!decoded) return malformed("has a malformed filename*");
        part.filename = sanitized_filename(*decoded);
    }
    return std::nullopt;
}

}  // namespace

const std::string* Parameterized::find(std::string_view name) const {
    for (const auto& parameter : parameters) {
        if (equal_ignoring_case(parameter.name, name)) return &parameter.value;
    }
    return nullptr;
}

std::optional<Parameterized> parse_parameterized(std::string_view text) {
    Parameterized parsed;
    const auto value_end = std::min(text.size(), text.find(';'));
    parsed.value = trim(text.substr(0, value_end));
    auto rest = text.substr(value_end);
    while (!rest.empty()) {
        if (rest.front() != ';') return std::nullopt;
        rest = trim(rest.substr(1));
        if (rest.empty()) break;
        const auto equals = rest.find('=');
        if (equals == std::string_view::npos) return std::nullopt;
        const auto name = rest.substr(0, equals);
        rest.remove_prefix(equals + 1);
        auto value = take_value(rest);
        const bool valid = value && !name.empty() && std::ranges::all_of(name, is_token_character);
        if (!valid || parsed.find(name) != nullptr) return std::nullopt;
        parsed.parameters.push_back({std::string(name), std::move(*value)});
        rest = trim(rest);
    }
    return parsed;
}

std::string sanitized_filename(std::string_view name) {
    const auto slash = name.find_last_of("/\\");
    if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
    std::string clean(name);
    if (!is_utf8(clean)) std::ranges::replace_if(clean, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '_');
    std::string result;
    for (std::string_view rest(clean); !rest.empty();) {
        const auto character = rest.substr(0, character_length(rest.front()));
        rest.remove_prefix(character.size());
        if (result.size() + character.size() > longest_filename) break;
        if (!is_control(character.front()) && !is_deceptive(character)) result += character;
    }
    const bool only_dots = !result.empty() && result.find_first_not_of(". ") == std::string::npos;
    return only_dots ? "_" : result;
}

Result<Part> parse_part_headers(std::string_view block) {
    Part part;
    bool named = false;
    while (!block.empty()) {
        const auto line = block.substr(0, block.find("\r\n"));
        block.remove_prefix(std::min(block.size(), line.size() + 2));
        const auto colon = line.find(':');
        const auto name = line.substr(0, colon);
        const bool valid = colon != std::string_view::npos && !name.empty() && std::ranges::all_of(name, is_token_character);
        const bool clean = std::ranges::none_of(line, [](char c) { return is_control(c) && c != '\t'; });
        if (!valid || !clean) return malformed("has a malformed part header");
        const auto value = trim(line.substr(colon + 1));
        if (equal_ignoring_case(name, "Content-Disposition")) {
            if (std::exchange(named, true)) return malformed("has a part with two names");
            if (auto error = note_disposition(part, value)) return *error;
        } else if (equal_ignoring_case(name, "Content-Type")) {
            part.content_type = value;
        }
    }
    if (!named) return malformed("has a part without a name");
    return part;
}

}  // namespace darkroom::http
