#include "platform/http/tls.hpp"

#include "platform/core/encoding.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509err.h>

#include <ctime>
#include <new>
#include <string>
#include <string_view>

namespace darkroom::http {

namespace {

constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

/// In the wire's form: a length byte before each name (RFC 7301 §3.1).
constexpr std::string_view offered_protocols{"\x08http/1.1"};

std::string openssl_reason() {
    const auto code = ERR_peek_last_error();
    const char* reason = ERR_reason_error_string(code);
    ERR_clear_error();
    return reason == nullptr ? "it cannot be read" : reason;
}

Error unusable(const std::filesystem::path& file, std::string_view reason) {
    return {Kind::invalid, "tls_file_unusable", file.string() + ": " + std::string(reason)};
}

/// A key with a passphrase is refused; OpenSSL would ask for it at a terminal that is not there.
int no_passphrase(char*, int, int, void*) {
    return 0;
}

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned int bytes,
                    void*) {
    unsigned char* match = nullptr;
    const int result = SSL_select_next_proto(&match, size, bytes_of(offered_protocols),
                                             static_cast<unsigned int>(offered_protocols.size()), offered, bytes);
    *chosen = match;
    // A client that knows none of ours is told so, rather than being served what it did not ask for (RFC 7301 §3.2).
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Timestamp end_of(const X509* certificate) {
    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end);
    return Timestamp{Seconds{timegm(&end)}};
}

}  // namespace

void TlsSessionDeleter::operator()(ssl_st* session) const {
    SSL_free(session);
}

void TlsContext::Deleter::operator()(ssl_ctx_st* context) const {
    SSL_CTX_free(context);
}

Result<std::shared_ptr<const TlsContext>> TlsContext::load(const std::filesystem::path& chain,
                                                           const std::filesystem::path& key) {
    const auto made = std::make_shared<TlsContext>();
    made->context_.reset(SSL_CTX_new(TLS_server_method()));
    auto* const context = made->context_.get();
    if (context == nullptr) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, tls12_ciphers);
    SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Every message says where it ends, so a cut-off one is noticed without close_notify. Idle connections hold no buffers, and
    // a write that has to wait may continue from another place.
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);  // tickets need none
    ERR_clear_error();
    if (SSL_CTX_use_certificate_chain_file(context, chain.c_str()) != 1) return unusable(chain, openssl_reason());
    if (SSL_CTX_use_PrivateKey_file(context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
        const bool foreign = ERR_GET_REASON(ERR_peek_last_error()) == X509_R_KEY_VALUES_MISMATCH;
        const auto reason = openssl_reason();
        return unusable(key, foreign ? "is not the key of the certificate" : reason);
    }
    made->not_after_ = end_of(SSL_CTX_get0_certificate(context));
    return std::shared_ptr<const TlsContext>(made);
}

TlsSession TlsContext::session(int socket) const {
    TlsSession session(SSL_new(context_.get()));
    if (!session || SSL_set_fd(session.get(), socket) != 1) throw std::bad_alloc();
    SSL_set_accept_state(session.get());
    return session;
}

}  // namespace darkroom::http
