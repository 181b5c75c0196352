#include "platform/testing/tls_files.hpp"

#include "platform/testing/test_run.hpp"

namespace darkroom::testing {

void TlsFiles::renew() {
    const auto openssl = find_program("openssl", {"/usr/bin"});
    Process make({.arguments = {openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                                "-keyout", key(), "-out", certificate(), "-days", "2", "-subj", "/CN=test", "-addext",
                                "subjectAltName=IP:127.0.0.1"}});
    require(make.wait() == 0, "openssl req");
}

}  // namespace darkroom::testing
