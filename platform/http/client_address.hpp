// Who the client is when proxies stand in between. X-Forwarded-For is believed only as far as trusted proxies vouch for it.
#pragma once

#include "platform/core/error.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::http {

/// An IPv4 or IPv6 address; IPv4 is kept mapped (::ffff:0:0/96), so that both compare alike.
struct IpAddress {
    std::array<unsigned char, 16> bytes{};

    static std::optional<IpAddress> parse(std::string_view text);
    bool is_v4() const;
    bool operator==(const IpAddress&) const = default;
};

class Networks {
public:
    /// "10.0.0.0/8, ::1, 192.168.1.7"; empty: nobody.
    static Result<Networks> parse(std::string_view list);
    bool contains(std::string_view address) const;

private:
    struct Network {
        IpAddress address;
        int prefix_bits;
    };
    std::vector<Network> networks_;
};

/// The peer, or, when the peer is trusted, the rightmost address of X-Forwarded-For that is no trusted proxy. Walking from the
/// right is what makes it unforgeable: whatever a client wrote itself stands further left.
std::string client_address(std::string_view peer, std::string_view forwarded_for, const Networks& trusted);

/// What a limit counts: an IPv4 address, or the /64 of an IPv6 one, which is what one subscriber has.
std::string limit_key_of(std::string_view address);

}  // namespace darkroom::http
