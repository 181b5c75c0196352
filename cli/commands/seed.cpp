#include "cli/auth_service.hpp"
#include "cli/commands/commands.hpp"
#include "cli/plan_builder.hpp"
#include "cli/sample_photos.hpp"

#include <fmt/format.h>

#include <iostream>

namespace darkroom::cli {

int seed(const Settings& given, const SeedOptions& options) {
    const Layout layout(given.home);
    const auto running = supervisor_status(layout);
    if (!running) throw std::runtime_error("Darkroom is not running: ./darkroom up starts it");
    const auto settings = adopt(given, running->facts);
    if (settings.listens_beyond_loopback()) {
        throw std::runtime_error(fmt::format("sample accounts have known names: not while it listens on {}", settings.bind));
    }
    const SecretStore secrets(layout.secrets());
    const auto accounts = demo_accounts(secrets);
    AuthService(settings.port_of(auth), secrets).ensure_demo_accounts(accounts);
    for (const auto& account : accounts) upload_sample_photos(settings, account, options.photos, true);
    for (const auto& account : accounts)
        std::cout << fmt::format("{:<12} {:<28} {}\n", account.id, account.email, account.password);
    return 0;
}

}  // namespace darkroom::cli
