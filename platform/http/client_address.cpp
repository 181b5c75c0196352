#include "platform/http/client_address.hpp"

#include "platform/core/encoding.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

namespace darkroom::http {

namespace {

constexpr std::array<unsigned char, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string_view trimmed(std::string_view text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

/// The comma-separated elements, trimmed, empty ones left out.
std::vector<std::string_view> elements_of(std::string_view list) {
    std::vector<std::string_view> elements;
    while (!list.empty()) {
        const auto comma = std::min(list.find(','), list.size());
        if (const auto element = trimmed(list.substr(0, comma)); !element.empty()) elements.push_back(element);
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return elements;
}

/// "1.2.3.4:567" and "[::1]:567" lose their port: some proxies add it.
std::string_view without_port(std::string_view text) {
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        return close == std::string_view::npos ? text : text.substr(1, close - 1);
    }
    const auto colon = text.find(':');
    const bool only_one = colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos;
    return only_one ? text.substr(0, colon) : text;
}

bool share_prefix(const IpAddress& left, const IpAddress& right, int bits) {
    const auto whole = static_cast<std::size_t>(bits / 8);
    if (!std::equal(left.bytes.begin(), left.bytes.begin() + static_cast<std::ptrdiff_t>(whole), right.bytes.begin()))
        return false;
    const int rest = bits % 8;
    return rest == 0 || (left.bytes[whole] ^ right.bytes[whole]) >> (8 - rest) == 0;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated(text);
    IpAddress address;
    if (::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
    std::ranges::copy(mapped_prefix, address.bytes.begin());
    if (::inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + mapped_prefix.size()) == 1) return address;
    return std::nullopt;
}

bool IpAddress::is_v4() const {
    return std::ranges::equal(mapped_prefix, std::span(bytes).first(mapped_prefix.size()));
}

Result<Networks> Networks::parse(std::string_view list) {
    Networks proxies;
    for (const auto element : elements_of(list)) {
        const auto slash = std::min(element.find('/'), element.size());
        const auto address = IpAddress::parse(element.substr(0, slash));
        if (!address) return invalid_field("", fmt::format("{} is no address or network", element));
        const bool written_as_v4 = element.find(':') == std::string_view::npos;
        const int widest = written_as_v4 ? 32 : 128;
        int bits = widest;
        if (slash < element.size()) {
            const auto digits = element.substr(slash + 1);
            const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
            const bool complete = error == std::errc{} && end == digits.data() + digits.size();
            if (!complete || bits < 0 || bits > widest)
                return invalid_field("", fmt::format("{} has no valid length", element));
        }
        proxies.networks_.push_back({*address, written_as_v4 ? bits + 96 : bits});
    }
    return proxies;
}

bool Networks::contains(std::string_view text) const {
    if (networks_.empty()) return false;
    const auto address = IpAddress::parse(text);
    if (!address) return false;
    const auto holds = [&](const Network& network) { return share_prefix(*address, network.address, network.prefix_bits); };
    return std::ranges::any_of(networks_, holds);
}

std::string client_address(std::string_view peer, std::string_view forwarded_for, const Networks& trusted) {
    auto client = peer;
    if (!trusted.contains(peer)) return std::string(client);
    const auto hops = elements_of(forwarded_for);
    for (auto hop = hops.rbegin(); hop != hops.rend(); ++hop) {
        const auto address = without_port(*hop);
        // Whoever vouched for rubbish is the last one we know.
        if (!IpAddress::parse(address)) break;
        client = address;
        if (!trusted.contains(address)) break;
    }
    return std::string(client);
}

std::string limit_key_of(std::string_view text) {
    const auto address = IpAddress::parse(text);
    if (!address || address->is_v4()) return std::string(text);
    return to_hex(std::span(address->bytes).first(8));
}

}  // namespace darkroom::http
