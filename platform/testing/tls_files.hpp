// A certificate for 127.0.0.1 that signs itself, and its key, in files of their own.
#pragma once

#include "platform/testing/process.hpp"

#include <string>

namespace darkroom::testing {

class TlsFiles {
public:
    /// Throws std::runtime_error when `openssl` cannot make them.
    TlsFiles() { renew(); }
    /// Another key and another certificate, in the same files.
    void renew();

    std::string key() const { return directory_.path() + "/key.pem"; }
    std::string certificate() const { return directory_.path() + "/certificate.pem"; }

private:
    TemporaryDirectory directory_{"tls"};
};

}  // namespace darkroom::testing
