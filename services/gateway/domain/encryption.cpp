#include "services/gateway/domain/encryption.hpp"

#include "services/gateway/domain/errors.hpp"

namespace darkroom::gateway {

bool may_come_unencrypted(const Forwarded& forwarded, bool from_this_machine) {
    return forwarded.encrypted || forwarded.peer_trusted || from_this_machine;
}

Result<std::string> encrypted_location(const http::RequestHead& request) {
    const auto host = request.headers.get("Host");
    const bool reads = request.method == "GET" || request.method == "HEAD";
    const bool has_credentials = request.headers.has("Authorization") || request.headers.has("X-API-Key");
    if (!reads || host.empty() || request.upgrade || has_credentials) return tls_required();
    return "https://" + std::string(host) + request.target;
}

}  // namespace darkroom::gateway
