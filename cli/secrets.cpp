#include "cli/secrets.hpp"

#include "cli/process.hpp"
#include "cli/topology.hpp"
#include "platform/auth/key_material.hpp"
#include "platform/core/encoding.hpp"
#include "platform/json/described.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <stdexcept>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

/// Ed25519 for access tokens, RSA for ID tokens: OpenID Connect Core §15.1 demands RS256, and many applications know nothing
/// else.
std::string new_signing_keys() {
    return auth::KeyMaterial::generate(auth::Algorithm::EdDSA).private_pem() +
           auth::KeyMaterial::generate(auth::Algorithm::RS256).private_pem();
}

Secret whole_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(file), {});
    if (!file) throw std::runtime_error(fmt::format("cannot read {}", path.string()));
    return Secret(std::move(content));
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
    if (!fs::exists(path)) write_private(path, new_signing_keys());
    return path;
}

fs::path SecretStore::encryption_key() const {
    constexpr std::string_view name = "encryption-key";
    get_or_create(name);
    return path_of(name);
}

void SecretStore::rotate_signing_keys() const {
    // Those that tokens may still be signed with: a pair, or the one key of an older installation.
    constexpr std::size_t kept = 2;
    const auto path = signing_key();
    auto keys = new_signing_keys();
    const auto present = auth::KeyMaterial::from_pem(whole_file(path));
    for (std::size_t i = 0; i < std::min(kept, present.size()); ++i) keys += present[i].private_pem();
    write_private(path, keys);
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
