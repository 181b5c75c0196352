#include "platform/redis/slots.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace darkroom::redis {

namespace {

constexpr std::array<std::uint16_t, 256> make_crc_table() {
    constexpr std::uint32_t polynomial = 0x1021;
    std::array<std::uint16_t, 256> table{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t crc = byte << 8U;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000U) != 0 ? (crc << 1U) ^ polynomial : crc << 1U;
        table[byte] = static_cast<std::uint16_t>(crc);
    }
    return table;
}

std::uint16_t crc16(std::string_view text) {
    static constexpr auto table = make_crc_table();
    std::uint32_t crc = 0;
    for (const char c : text) crc = ((crc << 8U) ^ table[((crc >> 8U) ^ static_cast<unsigned char>(c)) & 0xFFU]) & 0xFFFFU;
    return static_cast<std::uint16_t>(crc);
}

template <class Number>
bool read(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

bool is_one_of(std::string_view name, std::initializer_list<std::string_view> names) {
    const auto same = [name](std::string_view other) {
        return std::ranges::equal(name, other, [](char a, char b) { return (a & ~0x20) == (b & ~0x20); });
    };
    return std::ranges::any_of(names, same);
}

}  // namespace

std::uint16_t slot_of_key(std::string_view key) {
    const auto open = key.find('{');
    if (open != std::string_view::npos) {
        const auto close = key.find('}', open + 1);
        if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
    }
    return static_cast<std::uint16_t>(crc16(key) % slot_count);
}

std::optional<std::uint16_t> slot_of_command(const std::vector<std::string>& words) {
    if (words.size() < 2 || is_one_of(words[0], {"PING", "SCRIPT", "INFO", "CLUSTER", "CONFIG", "TIME", "SCAN", "DBSIZE"})) {
        return std::nullopt;
    }
    if (!is_one_of(words[0], {"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL"})) return slot_of_key(words[1]);
    // Script, number of keys, keys.
    if (words.size() < 4 || words[2] == "0") return std::nullopt;
    return slot_of_key(words[3]);
}

std::optional<Redirection> Redirection::parse(std::string_view error) {
    Redirection redirection;
    redirection.ask = error.starts_with("ASK ");
    if (!redirection.ask && !error.starts_with("MOVED ")) return std::nullopt;
    error.remove_prefix(error.find(' ') + 1);
    const auto space = error.find(' ');
    const auto colon = error.rfind(':');
    if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) return std::nullopt;
    if (!read(error.substr(0, space), redirection.slot) || !read(error.substr(colon + 1), redirection.port))
        return std::nullopt;
    redirection.host = error.substr(space + 1, colon - space - 1);
    return redirection;
}

}  // namespace darkroom::redis
