#include "cli/certificate.hpp"

#include "platform/auth/key_material.hpp"
#include "platform/core/encoding.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>

namespace darkroom::cli {

namespace {

constexpr int serial_bytes = 16;
constexpr long seconds_a_day = 24 * 60 * 60;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const {
        Free(object);
    }
};
using Bio = std::unique_ptr<BIO, Deleter<&BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<&EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, Deleter<&BN_free>>;
using Certificate = std::unique_ptr<X509, Deleter<&X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<&X509_EXTENSION_free>>;
using Names = std::unique_ptr<GENERAL_NAMES, Deleter<&GENERAL_NAMES_free>>;

void check(bool done) {
    if (!done) throw std::runtime_error("the certificate cannot be made: OpenSSL refuses");
}

Bio memory_of(std::string_view text) {
    Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
    check(bio != nullptr);
    return bio;
}

bool is_address(const std::string& name) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// RFC 5280 §4.1.2.2: unique, and no more guessable than a key.
void set_serial(X509* certificate) {
    std::array<unsigned char, serial_bytes> bytes{};
    check(RAND_bytes(bytes.data(), serial_bytes) == 1);
    bytes[0] &= 0x7f;  // not negative
    const Number number(BN_bin2bn(bytes.data(), serial_bytes, nullptr));
    check(number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr);
}

void add_extension(X509* certificate, int nid, const std::string& value) {
    X509V3_CTX context{};
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    check(extension && X509_add_ext(certificate, extension.get(), -1) == 1);
}

std::string alternative_names(const std::vector<std::string>& names) {
    std::string list;
    for (const auto& name : names)
        list += fmt::format("{}{}:{}", list.empty() ? "" : ",", is_address(name) ? "IP" : "DNS", name);
    return list;
}

void name_it(X509* certificate, const std::string& name) {
    auto* const subject = X509_get_subject_name(certificate);
    check(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes_of(name), static_cast<int>(name.size()), -1, 0) == 1);
    check(X509_set_issuer_name(certificate, subject) == 1);
}

std::string pem_of(X509* certificate) {
    const Bio bio(BIO_new(BIO_s_mem()));
    check(bio && PEM_write_bio_X509(bio.get(), certificate) == 1);
    const char* data = nullptr;
    const auto size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string text_of(const GENERAL_NAME* name) {
    int type = 0;
    const void* const value = GENERAL_NAME_get0_value(name, &type);
    const auto* const text = static_cast<const ASN1_STRING*>(value);
    const auto* const data = ASN1_STRING_get0_data(text);
    const auto size = ASN1_STRING_length(text);
    if (type == GEN_DNS) return std::string(view_of({data, static_cast<std::size_t>(size)}));
    if (type != GEN_IPADD) return {};
    std::array<char, INET6_ADDRSTRLEN> address{};
    const bool is_v4 = size == sizeof(in_addr);
    return inet_ntop(is_v4 ? AF_INET : AF_INET6, data, address.data(), address.size());
}

}  // namespace

bool is_host(std::string_view name) {
    if (is_address(std::string(name))) return true;
    if (name.starts_with("*.")) name.remove_prefix(2);
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    };
    constexpr std::size_t longest_name = 253;
    const bool dotted_well = !name.starts_with('.') && !name.ends_with('.') && name.find("..") == std::string_view::npos;
    return !name.empty() && name.size() <= longest_name && dotted_well && std::ranges::all_of(name, fits);
}

SelfSigned make_self_signed(const std::vector<std::string>& names, int days) {
    constexpr std::size_t longest_common_name = 64;
    SelfSigned made;
    made.key = auth::KeyMaterial::generate(auth::Algorithm::ES256).private_pem();
    const Key key(PEM_read_bio_PrivateKey(memory_of(made.key).get(), nullptr, nullptr, nullptr));
    const Certificate certificate(X509_new());
    auto* const x509 = certificate.get();
    check(key && x509 != nullptr && X509_set_version(x509, X509_VERSION_3) == 1 && X509_set_pubkey(x509, key.get()) == 1);
    set_serial(x509);
    // A client whose clock is a little behind takes it too.
    constexpr long clock_difference = 5 * 60;
    check(X509_gmtime_adj(X509_getm_notBefore(x509), -clock_difference) != nullptr);
    check(X509_gmtime_adj(X509_getm_notAfter(x509), days * seconds_a_day) != nullptr);
    name_it(x509, names.front().substr(0, longest_common_name));
    add_extension(x509, NID_subject_alt_name, alternative_names(names));
    add_extension(x509, NID_basic_constraints, "critical,CA:FALSE");
    add_extension(x509, NID_key_usage, "critical,digitalSignature");
    add_extension(x509, NID_ext_key_usage, "serverAuth");
    check(X509_sign(x509, key.get(), EVP_sha256()) > 0);
    made.certificate = pem_of(x509);
    return made;
}

CertificateFacts read_certificate(std::string_view pem) {
    const Certificate certificate(PEM_read_bio_X509(memory_of(pem).get(), nullptr, nullptr, nullptr));
    if (!certificate) throw std::runtime_error("there is no certificate in it");
    CertificateFacts facts;
    const Names names(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        auto name = text_of(sk_GENERAL_NAME_value(names.get(), i));
        if (!name.empty()) facts.names.push_back(std::move(name));
    }
    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &end);
    facts.last_day = fmt::format("{:04}-{:02}-{:02}", end.tm_year + 1900, end.tm_mon + 1, end.tm_mday);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    check(X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) == 1);
    facts.fingerprint = fmt::format("{:02X}", fmt::join(digest.data(), digest.data() + size, ":"));
    return facts;
}

}  // namespace darkroom::cli
