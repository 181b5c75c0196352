// Secrets that this installation makes once and keeps: one file each, mode 0600, below <home>/secrets.
#pragma once

#include "platform/core/secret.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace darkroom::cli {

class SecretStore {
public:
    explicit SecretStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// The secret of that name; made at the first ask. Safe to be killed at any moment: a file is there whole or not at all.
    Secret get_or_create(std::string_view name) const;
    /// auth-service's keys as PKCS #8 PEM: Ed25519 and RSA, the newest first; returns the file.
    std::filesystem::path signing_key() const;
    /// 32 random bytes in base64, which seal authenticator secrets; returns the file.
    std::filesystem::path encryption_key() const;
    /// New keys before the present ones, which stay good for verifying until the next rotation.
    void rotate_signing_keys() const;
    /// {"<client id>": "<secret>", …} of our built-in clients, for auth-service; returns the file.
    std::filesystem::path clients_file() const;
    std::filesystem::path path_of(std::string_view name) const { return directory_ / name; }

    static std::string client_secret_name(std::string_view client) { return "client." + std::string(client); }
    static std::string database_password_name(std::string_view role) { return "database." + std::string(role); }

    /// Writes a file for the owner only, replacing it as a whole.
    static void write_private(const std::filesystem::path& path, std::string_view content);

private:
    std::filesystem::path directory_;
};

}  // namespace darkroom::cli
