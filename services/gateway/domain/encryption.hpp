// Who may come without TLS when the gateway has a certificate.
#pragma once

#include "platform/http/message.hpp"
#include "services/gateway/domain/header_rules.hpp"

#include <string>

namespace darkroom::gateway {

/// From this machine (probes, the supervisor, `darkroom`), or from a proxy that has taken TLS off: no foreign wire in between.
bool may_come_unencrypted(const Forwarded& forwarded, bool from_this_machine);

/// Where a plain request is to be sent again: a browser that has typed an address is led there. Error `tls_required` for
/// whoever has sent more than an address, and must learn that it went over the wire in the clear.
Result<std::string> encrypted_location(const http::RequestHead& request);

}  // namespace darkroom::gateway
