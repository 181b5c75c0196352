#include "cli/certificate.hpp"
#include "cli/commands/commands.hpp"
#include "cli/layout.hpp"
#include "cli/secrets.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iostream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

/// What clients on this machine and in its network call it.
std::vector<std::string> names_for(const Settings& settings, const std::vector<std::string>& hosts) {
    auto names = hosts;
    const auto add = [&names](const std::string& name) {
        if (is_host(name) && std::ranges::find(names, name) == names.end()) names.push_back(name);
    };
    add("localhost");
    add("127.0.0.1");
    add("::1");
    add(settings.reachable_bind());
    std::array<char, 256> host_name{};
    if (::gethostname(host_name.data(), host_name.size() - 1) == 0) add(host_name.data());
    return names;
}

std::string content_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void say_how_to_use(const Settings& settings, const fs::path& certificate) {
    const auto running = supervisor_status(Layout(settings.home));
    const bool in_use = running && running->facts.gateway.starts_with("https://");
    const auto begin = in_use    ? std::string("The gateway takes it up within ten seconds.")
                       : running ? std::string("./darkroom down && ./darkroom up turns TLS on.")
                                 : std::string("./darkroom up now serves https.");
    std::cout << fmt::format(
        "\n{}\nIt signs itself, so clients must be told to trust it:\n"
        "  curl --cacert {} https://localhost:{}/health\n",
        begin, certificate.string(), settings.port_of(gateway));
}

}  // namespace

int cert(const Settings& settings, const CertOptions& options) {
    const Layout layout(settings.home);
    const auto certificate = layout.tls_certificate();
    if (fs::exists(certificate) && !options.force) {
        const auto facts = read_certificate(content_of(certificate));
        throw std::runtime_error(fmt::format("{} is there already, for {} until {}: --force makes another",
                                             certificate.string(), fmt::join(facts.names, ", "), facts.last_day));
    }
    layout.create();
    const auto made = make_self_signed(names_for(settings, options.hosts), options.days);
    // The key first: a gateway that looks in between finds a pair that does not fit, and keeps what it has.
    SecretStore::write_private(layout.tls_key(), made.key);
    SecretStore::write_private(certificate, made.certificate);
    const auto facts = read_certificate(made.certificate);
    const auto row = [](std::string_view name, std::string_view value) {
        std::cout << fmt::format("  {:<12}{}\n", name, value);
    };
    row("certificate", certificate.string());
    row("key", layout.tls_key().string());
    row("for", fmt::format("{}", fmt::join(facts.names, ", ")));
    row("until", facts.last_day);
    row("SHA-256", facts.fingerprint);
    say_how_to_use(settings, certificate);
    return 0;
}

}  // namespace darkroom::cli
