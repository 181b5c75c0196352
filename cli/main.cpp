// darkroom-cli: what ./darkroom hands over to once everything is built.
#include "cli/commands/commands.hpp"
#include "cli/sample_photos.hpp"

#include <CLI/CLI.hpp>

#include <iostream>

namespace darkroom::cli {
namespace {

constexpr int failure = 1;
constexpr int wrong_usage = 2;

std::string describe_variables(const Environment& environment) {
    std::string text = "Environment variables (a secret NAME may also come from the file named by NAME_FILE):\n";
    for (const auto& variable : environment.described()) {
        text += fmt::format("  {:<28}{} [{}]\n", variable.name, variable.description,
                            variable.fallback.empty() ? "none" : variable.fallback);
    }
    return text;
}

int run(int argc, char** argv) {
    Environment environment;
    const auto settings = Settings::load(environment, std::filesystem::canonical("/proc/self/exe"));

    CLI::App app{"Darkroom: a self-hosted, event-driven image platform.", "./darkroom"};
    app.set_version_flag("--version", std::string(DARKROOM_VERSION));
    app.footer(describe_variables(environment) +
               "\nExit codes: 0 success, 1 failure, 2 wrong usage.\n"
               "./darkroom test [service] [--filter <regex>] runs the tests; see ./darkroom test --help.");
    app.require_subcommand(1);

    UpOptions up_options;
    auto* up_command = app.add_subcommand("up", "Start everything and return when it is ready; harmless when it runs.");
    up_command->add_flag("--foreground", up_options.foreground, "Stay, print the logs, stop everything on Ctrl-C.");
    up_command->add_flag("--demo", up_options.demo, "Add sample accounts and print their passwords; loopback only.");

    auto* down_command = app.add_subcommand("down", "Stop everything; data stays.");

    StatusOptions status_options;
    auto* status_command = app.add_subcommand(
        "status", "Show each process: health, pid, port, restarts, memory (its own and what its children add).");
    status_command->add_flag("--json", status_options.json, "For programs.");

    LogsOptions logs_options;
    auto* logs_command = app.add_subcommand("logs", "Print the logs of all services in the order of time.");
    logs_command->add_option("service", logs_options.service, "Only this one, e.g. image-service.");
    logs_command->add_flag("-f,--follow", logs_options.follow, "Go on with what comes.");
    logs_command->add_option("--trace", logs_options.trace, "Only lines with this correlation id.");
    logs_command->add_option("-n,--lines", logs_options.lines, "How many of the newest lines; 0: all.")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    logs_command->add_flag("--json", logs_options.json, "The lines as they were written: JSON.");

    DoctorOptions doctor_options;
    auto* doctor_command = app.add_subcommand("doctor", "Check what Darkroom needs and name the command that mends it.");
    doctor_command->add_flag("--json", doctor_options.json, "For programs.");

    auto* sample_command = app.add_subcommand("sample", "Draw a 12-megapixel photo to try things with.");
    std::string sample_file;
    sample_command->add_option("file", sample_file, "Where to, e.g. photo.jpg.")->required();

    auto* open_command = app.add_subcommand("open", "Open the gateway in a browser, or print its address.");

    auto* admin_command = app.add_subcommand("admin", "Administrators.");
    admin_command->require_subcommand(1);
    auto* link_command = admin_command->add_subcommand("link", "A new one-time link that makes the first admin.");
    auto* create_command = admin_command->add_subcommand("create", "Make an admin.");
    std::string email;
    std::string password_file;
    create_command->add_option("--email", email, "The e-mail address.")->required();
    create_command->add_option("--password-file", password_file, "A file whose first line is the password.")->required();

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // --help and --version come this way too
        return app.exit(error) == 0 ? 0 : wrong_usage;
    }
    environment.finish();
    if (up_command->parsed()) return up(settings, up_options);
    if (down_command->parsed()) return down(settings);
    if (status_command->parsed()) return status(settings, status_options);
    if (logs_command->parsed()) return logs(settings, logs_options);
    if (doctor_command->parsed()) return doctor(settings, doctor_options);
    if (sample_command->parsed()) {
        draw_sample_photo(settings, sample_file);
        return 0;
    }
    if (open_command->parsed()) return open(settings);
    if (link_command->parsed()) return admin_link(settings);
    if (create_command->parsed()) return admin_create(settings, email, password_file);
    return wrong_usage;
}

/// Every line of the message with our name, so that it is clear who speaks.
void complain(std::string_view message) {
    while (!message.empty()) {
        const auto end = std::min(message.find('\n'), message.size());
        if (end > 0) std::cerr << "darkroom: " << message.substr(0, end) << '\n';
        message.remove_prefix(std::min(end + 1, message.size()));
    }
}

}  // namespace
}  // namespace darkroom::cli

int main(int argc, char** argv) {
    try {
        return darkroom::cli::run(argc, argv);
    } catch (const darkroom::ConfigurationError& error) {
        darkroom::cli::complain(error.what());
        return darkroom::cli::wrong_usage;
    } catch (const std::exception& error) {
        darkroom::cli::complain(error.what());
        return darkroom::cli::failure;
    }
}
