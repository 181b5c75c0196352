#include "cli/auth_service.hpp"
#include "cli/commands/commands.hpp"

#include <fmt/format.h>

#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <regex>

namespace darkroom::cli {

namespace {

/// Of the running system, whatever our own environment says; AUTH_URL names one that we did not start.
AuthService running_auth_service(const Settings& settings, const Layout& layout, const SecretStore& secrets) {
    const auto running = supervisor_status(layout);
    const auto* child = running ? running->find(auth) : nullptr;
    if (child != nullptr) return {static_cast<std::uint16_t>(child->port), secrets};
    if (settings.auth_url.empty()) throw std::runtime_error("Darkroom is not running: ./darkroom up starts it");
    static const std::regex form("http://([^/:]+):([0-9]{1,5})/?");
    std::smatch parts;
    if (!std::regex_match(settings.auth_url, parts, form))
        throw std::runtime_error("AUTH_URL must be like http://auth-service:8004");
    return {parts[1], static_cast<std::uint16_t>(std::stoi(parts[2])), secrets};
}

Secret first_line_of(const std::string& path) {
    std::ifstream file(path);
    std::string line;
    if (!std::getline(file, line) || line.empty()) throw std::runtime_error(fmt::format("{} cannot be read or is empty", path));
    return Secret(std::move(line));
}

}  // namespace

int admin_link(const Settings& settings) {
    const Layout layout(settings.home);
    const SecretStore secrets(layout.secrets());
    const auto link = running_auth_service(settings, layout, secrets).admin_link();
    if (link.url.empty()) {
        std::cout << "There is an admin already; ./darkroom admin create adds another.\n";
        return 0;
    }
    std::cout << fmt::format("{}\n(works once, until {})\n", link.url, link.expires_at);
    return 0;
}

int admin_create(const Settings& settings, const std::string& email, const std::string& password_file) {
    const Layout layout(settings.home);
    const SecretStore secrets(layout.secrets());
    running_auth_service(settings, layout, secrets).ensure_admin(email, first_line_of(password_file));
    std::cout << fmt::format("{} is an admin.\n", email);
    return 0;
}

int keys_rotate(const Settings& settings) {
    const Layout layout(settings.home);
    const auto running = supervisor_status(layout);
    SecretStore(layout.secrets()).rotate_signing_keys();
    std::cout << "New tokens are signed by new keys; those that are out stay good until they expire.\n";
    const auto* child = running ? running->find(auth) : nullptr;
    if (child == nullptr) return 0;
    // It finishes what it has begun; the supervisor starts it again.
    ::kill(static_cast<pid_t>(child->pid), SIGTERM);
    std::cout << "auth-service restarts to read them.\n";
    return 0;
}

int open(const Settings& settings) {
    const auto running = supervisor_status(Layout(settings.home));
    if (!running) throw std::runtime_error("Darkroom is not running: ./darkroom up starts it");
    const auto url = running->facts.gateway + "/";
    std::cout << url << std::endl;
    // Without a desktop the address alone is the answer.
    if (::access("/usr/bin/xdg-open", X_OK) != 0) return 0;
    ::execl("/usr/bin/xdg-open", "xdg-open", url.c_str(), static_cast<char*>(nullptr));
    return 1;
}

}  // namespace darkroom::cli
