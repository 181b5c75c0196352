#include "cli/auth_service.hpp"
#include "cli/commands/commands.hpp"
#include "cli/commands/launch.hpp"
#include "cli/commands/log_reader.hpp"
#include "cli/process.hpp"
#include "cli/sample_photos.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <iostream>

namespace darkroom::cli {

namespace {

/// Two `up` of one home take turns.
Descriptor lock_home(const Layout& layout, Progress& progress) {
    Descriptor lock(::open(layout.up_lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (!lock.open()) throw std::runtime_error("cannot write to " + layout.run().string());
    progress.step("waiting for another ./darkroom up to finish");
    while (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
        progress.tick();
        ::usleep(50'000);
    }
    return lock;
}

bool services_started(const SupervisorStatus& running) {
    return std::ranges::all_of(services, [&](const ServiceFacts& service) {
        const auto* child = running.find(service.name);
        return child != nullptr && child->state != ChildState::stopped;
    });
}

/// What `up` finds running and may keep; nullopt when a start is needed. Settings that are not asked for now stay as they run.
std::optional<SupervisorStatus> keep_or_end(Settings& settings, const Layout& layout, Progress& progress) {
    const auto running = supervisor_status(layout);
    if (!running) {
        end_leftovers(layout);
        return std::nullopt;
    }
    const auto wanted = run_facts(settings);
    const auto other = differing_setting(wanted, running->facts);
    if (!other.empty()) {
        throw std::runtime_error(fmt::format(
            "Darkroom already runs from {} with another {} (gateway {}): ./darkroom down first, or set another DARKROOM_HOME",
            layout.home().string(), other, running->facts.gateway));
    }
    const bool wants_uis = settings.admin_uis && lacks_admin_uis(running->facts);
    settings = adopt(settings, running->facts);
    const bool rebuilt = wanted.build != running->facts.build;
    if (services_started(*running) && !rebuilt && !wants_uis) return running;
    const auto missing = missing_secret(wanted, running->facts);
    if (!missing.empty()) {
        throw std::runtime_error(
            fmt::format("Darkroom was started with {0}: give {0} again, or ./darkroom down first", missing));
    }
    if (!rebuilt && !wants_uis) return running;
    progress.say(rebuilt ? "The programs were rebuilt: restarting." : "Adding the admin UIs: restarting.");
    stop_system(layout, *running);
    return std::nullopt;
}

void print_screen(const Settings& settings, const Launch& launch, Progress& progress, std::string_view headline) {
    progress.clear();
    const auto gateway_url = settings.gateway_url();
    const auto row = [](std::string_view name, std::string_view value) {
        std::cout << fmt::format("  {:<12}{}\n", name, value);
    };
    std::cout << headline << "\n\n";
    row("gateway", gateway_url);
    row("API docs", gateway_url + "/docs");
    std::string ports;
    for (const auto& service : services) {
        if (service.name == gateway) continue;
        ports += fmt::format("{}{} {}", ports.empty() ? "" : ", ", service.name, settings.port_of(service.name));
    }
    row("services", ports);
    row("logs", fmt::format("./darkroom logs -f    ({})", Layout(settings.home).logs().string()));
    row("state", "./darkroom status");
    row("stop", "./darkroom down");
    for (const auto& ui : launch.admin_uis().shown) {
        row(ui.name, fmt::format("http://127.0.0.1:{}    {} / {}", ui.port, ui.user, ui.password));
    }
    for (const auto& line : launch.admin_uis().missing) row("note", line);
    for (const auto& remark : launch.remarks()) row("note", remark);
}

void print_admin(const Settings& settings, const SecretStore& secrets) {
    AuthService auth_service(settings.port_of(auth), secrets);
    if (!settings.admin_email.empty()) {
        auth_service.ensure_admin(settings.admin_email, settings.admin_password);
        std::cout << fmt::format("  {:<12}{}\n", "admin", settings.admin_email);
        return;
    }
    const auto link = auth_service.admin_link();
    if (link.url.empty()) return;
    std::cout << fmt::format("  {:<12}{}\n  {:<12}(works once, until {})\n", "admin", link.url, "", link.expires_at);
}

void print_demo(const Settings& settings, const SecretStore& secrets) {
    const auto accounts = demo_accounts(secrets);
    AuthService(settings.port_of(auth), secrets).ensure_demo_accounts(accounts);
    for (const auto& account : accounts) {
        if (account.role == "user") upload_sample_photos(settings, account);
    }
    std::cout << "  demo accounts (e-mail, password)\n";
    for (const auto& account : accounts)
        std::cout << fmt::format("  {:<12}{:<28}{}\n", account.id, account.email, account.password);
}

volatile sig_atomic_t asked_to_stop = 0;

void on_signal(int) {
    asked_to_stop = 1;
}

/// Prints the logs until a signal, then stops everything. 1 when the supervisor died on its own.
int stay(const Layout& layout) {
    struct sigaction action{};
    action.sa_handler = on_signal;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    LogReader reader(layout.logs(), {});
    reader.skip_to_end();
    const LogPrinter printer(false);
    while (asked_to_stop == 0) {
        for (const auto& line : reader.read_new()) printer.print(line);
        std::cout.flush();
        if (!supervisor_status(layout))
            throw std::runtime_error("the supervisor has died: ./darkroom up starts everything again");
        ::usleep(200'000);
    }
    if (const auto running = supervisor_status(layout)) stop_system(layout, *running);
    return 0;
}

}  // namespace

int up(Settings settings, const UpOptions& options) {
    if (options.demo && settings.listens_beyond_loopback()) {
        throw std::runtime_error(fmt::format(
            "--demo makes accounts with known names: it does not listen on {}; unset DARKROOM_BIND", settings.bind));
    }
    Progress progress;
    const Layout layout(settings.home);
    layout.create();
    settings.admin_uis = options.admin_uis;
    auto lock = lock_home(layout, progress);
    const auto running = keep_or_end(settings, layout, progress);
    Launch launch(settings, layout, progress);
    if (!running) {
        launch.check_ground();
        launch.start_supervisor(options.foreground);
    }
    const bool was_up = running && services_started(*running);
    if (was_up) {
        launch.wait_until_ready();
    } else {
        launch.bring_up_services(options.backup_first);
    }
    if (settings.admin_uis) launch.bring_up_admin_uis();
    const auto headline = was_up ? fmt::format("Darkroom {} is running.", DARKROOM_VERSION)
                                 : fmt::format("Darkroom {} is ready after {:.1f} s.", DARKROOM_VERSION,
                                               static_cast<double>(progress.elapsed().count()) / 1000);
    print_screen(settings, launch, progress, headline);
    // Demo accounts before the link: one of them is an admin.
    if (options.demo) print_demo(settings, launch.secrets());
    print_admin(settings, launch.secrets());
    std::cout.flush();
    lock.reset();
    return options.foreground ? stay(layout) : 0;
}

}  // namespace darkroom::cli
