#include "platform/outgoing/address.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace darkroom::outgoing {

namespace {

struct Block {
    std::uint32_t network;
    int bits;
};

constexpr std::uint32_t quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24U | b << 16U | c << 8U | d;
}

// https://www.iana.org/assignments/iana-ipv4-special-registry
constexpr std::array special_blocks{
    Block{quad(0, 0, 0, 0), 8},        // "this network"; Linux takes it for loopback
    Block{quad(10, 0, 0, 0), 8},       // private
    Block{quad(100, 64, 0, 0), 10},    // shared by carriers
    Block{quad(127, 0, 0, 0), 8},      // loopback
    Block{quad(169, 254, 0, 0), 16},   // link-local, cloud metadata
    Block{quad(172, 16, 0, 0), 12},    // private
    Block{quad(192, 0, 0, 0), 24},     // protocol assignments
    Block{quad(192, 0, 2, 0), 24},     // documentation
    Block{quad(192, 88, 99, 0), 24},   // 6to4 relays
    Block{quad(192, 168, 0, 0), 16},   // private
    Block{quad(198, 18, 0, 0), 15},    // benchmarks
    Block{quad(198, 51, 100, 0), 24},  // documentation
    Block{quad(203, 0, 113, 0), 24},   // documentation
    Block{quad(224, 0, 0, 0), 3},      // multicast, reserved, broadcast
};

bool is_public_v4(const net::ip::address_v4& address) {
    const auto number = address.to_uint();
    return std::ranges::none_of(
        special_blocks, [&](const Block& block) { return number >> (32 - block.bits) == block.network >> (32 - block.bits); });
}

/// The last four bytes.
net::ip::address_v4 embedded_v4(const net::ip::address_v6::bytes_type& bytes) {
    return net::ip::address_v4({bytes[12], bytes[13], bytes[14], bytes[15]});
}

bool is_public_v6(const net::ip::address_v6& address) {
    const auto bytes = address.to_bytes();
    if (address.is_v4_mapped()) return is_public_v4(embedded_v4(bytes));
    constexpr std::array<unsigned char, 12> nat64{0x00, 0x64, 0xff, 0x9b};
    if (std::equal(nat64.begin(), nat64.end(), bytes.begin())) return is_public_v4(embedded_v4(bytes));
    // Only 2000::/3 is given out; of it 2001::/23 (Teredo and others), documentation and 6to4 are special.
    if (bytes[0] >> 5U != 1) return false;
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] < 2) return false;
    if (bytes[0] == 0x20 && bytes[1] == 0x01 && bytes[2] == 0x0d && bytes[3] == 0xb8) return false;
    if (bytes[0] == 0x20 && bytes[1] == 0x02) return false;
    return !(bytes[0] == 0x3f && bytes[1] == 0xff && bytes[2] < 0x10);
}

}  // namespace

bool is_public(const net::ip::address& address) {
    return address.is_v4() ? is_public_v4(address.to_v4()) : is_public_v6(address.to_v6());
}

bool may_be_public(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    boost::system::error_code error;
    const auto address = net::ip::make_address(std::string(host), error);
    if (!error) return is_public(address);
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string name(host);
    std::ranges::transform(name, name.begin(), [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
    constexpr std::array<std::string_view, 4> local{".localhost", ".local", ".internal", ".home.arpa"};
    const auto is_below = [&](std::string_view suffix) { return name.ends_with(suffix); };
    // A name without a dot is one of the own network.
    return name.find('.') != std::string::npos && std::ranges::none_of(local, is_below);
}

}  // namespace darkroom::outgoing
