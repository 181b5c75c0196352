// Which addresses a user may make us talk to: not ourselves, not our neighbours. Pure.
#pragma once

#include "platform/async/io.hpp"

#include <string_view>

namespace darkroom::outgoing {

/// Globally reachable by the registries of RFC 6890 and its successors; an IPv4 address inside an IPv6 one (mapped, NAT64) is
/// judged by itself. Loopback, private, link-local, shared, multicast, documentation and tunnelled ones are not.
bool is_public(const net::ip::address& address);

/// False for what can be told without a look-up: an address that is not public, and names that mean this machine or network.
bool may_be_public(std::string_view host);

}  // namespace darkroom::outgoing
