#include "cli/secrets.hpp"

#include "cli/process.hpp"
#include "cli/topology.hpp"
#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

std::string new_signing_key() {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), &BIO_free);
    if (!key || !memory || PEM_write_bio_PrivateKey(memory.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
        throw std::runtime_error("OpenSSL could not make the signing key");
    }
    std::string pem(BIO_ctrl_pending(memory.get()), '\0');
    BIO_read(memory.get(), pem.data(), static_cast<int>(pem.size()));
    return pem;
}

}  // namespace

void SecretStore::write_private(const fs::path& path, std::string_view content) {
    const auto temporary = path.string() + ".new";
    Descriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const bool written = file.open() && ::fchmod(file.get(), 0600) == 0 &&
                         ::write(file.get(), content.data(), content.size()) == static_cast<ssize_t>(content.size()) &&
                         ::fsync(file.get()) == 0 && ::rename(temporary.c_str(), path.c_str()) == 0;
    if (!written) throw std::runtime_error(fmt::format("cannot write {}: {}", path.string(), std::strerror(errno)));
}

Secret SecretStore::get_or_create(std::string_view name) const {
    const auto path = path_of(name);
    if (!fs::exists(path)) write_private(path, random_token() + "\n");
    std::ifstream file(path);
    std::string value;
    if (!std::getline(file, value) || value.empty()) {
        throw std::runtime_error(fmt::format("the secret {} cannot be read or is empty", path.string()));
    }
    return Secret(std::move(value));
}

fs::path SecretStore::signing_key() const {
    auto path = path_of("signing-key.pem");
    if (!fs::exists(path)) write_private(path, new_signing_key());
    return path;
}

fs::path SecretStore::clients_file() const {
    json::Object clients;
    const auto add = [&](std::string_view client) {
        const auto secret = get_or_create(client_secret_name(client));
        clients.emplace(client, boost::json::string(secret.reveal()));
    };
    for (const auto& service : services) add(service.name);
    add(client_id);
    auto path = path_of("clients.json");
    write_private(path, json::serialize(clients) + "\n");
    return path;
}

}  // namespace darkroom::cli
