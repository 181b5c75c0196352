// The server's side of TLS: certificate, key and what is allowed of the protocol.
#pragma once

#include "platform/core/error.hpp"
#include "platform/core/time.hpp"

#include <filesystem>
#include <memory>

struct ssl_st;
struct ssl_ctx_st;

namespace darkroom::http {

struct TlsSessionDeleter {
    void operator()(ssl_st* session) const;
};
using TlsSession = std::unique_ptr<ssl_st, TlsSessionDeleter>;

/// TLS 1.2 with ECDHE and AEAD ciphers only, and TLS 1.3; no renegotiation, no compression, ALPN http/1.1. Immutable; sessions
/// outlive it.
class TlsContext {
public:
    /// Both in PEM: the chain with the server's own certificate first, and its key. An Error names the file and what is wrong
    /// with it; a key that does not belong to the certificate is refused.
    static Result<std::shared_ptr<const TlsContext>> load(const std::filesystem::path& chain, const std::filesystem::path& key);

    /// For one connection on this descriptor, which stays the caller's.
    TlsSession session(int socket) const;
    /// When the certificate ends.
    Timestamp not_after() const { return not_after_; }

private:
    struct Deleter {
        void operator()(ssl_ctx_st* context) const;
    };

    std::unique_ptr<ssl_ctx_st, Deleter> context_;
    Timestamp not_after_{};
};

/// The context of new connections; another one may take its place while the server runs (a renewed certificate).
struct TlsSlot {
    std::shared_ptr<const TlsContext> current;
};

}  // namespace darkroom::http
