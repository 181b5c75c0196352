// A certificate for the gateway that signs itself: for a machine at home, a test, a network of one's own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::cli {

struct SelfSigned {
    /// Both in PEM.
    std::string certificate;
    std::string key;
};

/// P-256, valid from now on. `names` are host names ("*.example.org" too) and IP addresses; at least one.
SelfSigned make_self_signed(const std::vector<std::string>& names, int days);

/// Whether a certificate can be for it.
bool is_host(std::string_view name);

struct CertificateFacts {
    std::vector<std::string> names;
    /// "2027-11-29"
    std::string last_day;
    /// SHA-256 of the certificate, as browsers show it: "AB:CD:…"
    std::string fingerprint;
};

/// Throws std::runtime_error when `pem` holds none.
CertificateFacts read_certificate(std::string_view pem);

}  // namespace darkroom::cli
