// darkroom-cli: what ./darkroom hands over to once everything is built.
#include "cli/certificate.hpp"
#include "cli/commands/commands.hpp"
#include "cli/sample_photos.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <iostream>
#include <memory>

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

/// What the chosen command will do, once the environment has been found in order.
using Action = std::function<int()>;

void add_up(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<UpOptions>();
    auto* command = app.add_subcommand("up", "Start everything and return when it is ready; harmless when it runs.");
    command->add_flag("--foreground", options->foreground, "Stay, print the logs, stop everything on Ctrl-C.");
    command->add_flag("--demo", options->demo, "Add sample accounts and print their passwords; loopback only.");
    command->add_flag("--admin-uis", options->admin_uis,
                      "Also Redis Commander (8081) and pgAdmin (8082), on loopback, with passwords.");
    command->callback([&settings, &action, options] { action = [&settings, options] { return up(settings, *options); }; });
}

void add_status(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<StatusOptions>();
    auto* command = app.add_subcommand(
        "status", "Show each process: health, pid, port, restarts, memory (its own and what its children add).");
    command->add_flag("--json", options->json, "For programs.");
    command->callback([&settings, &action, options] { action = [&settings, options] { return status(settings, *options); }; });
}

void add_logs(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<LogsOptions>();
    auto* command = app.add_subcommand("logs", "Print the logs of all services in the order of time.");
    command->add_option("service", options->service, "Only this one, e.g. image-service.");
    command->add_flag("-f,--follow", options->follow, "Go on with what comes.");
    command->add_option("--trace", options->trace, "Only lines with this correlation id.");
    command->add_option("-n,--lines", options->lines, "How many of the newest lines; 0: all.")
        ->check(CLI::NonNegativeNumber)
        ->capture_default_str();
    command->add_flag("--json", options->json, "The lines as they were written: JSON.");
    command->callback([&settings, &action, options] { action = [&settings, options] { return logs(settings, *options); }; });
}

void add_doctor(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<DoctorOptions>();
    auto* command = app.add_subcommand("doctor", "Check what Darkroom needs and name the command that mends it.");
    command->add_flag("--json", options->json, "For programs.");
    command->callback([&settings, &action, options] { action = [&settings, options] { return doctor(settings, *options); }; });
}

void add_sample(CLI::App& app, const Settings& settings, Action& action) {
    const auto file = std::make_shared<std::string>();
    auto* command = app.add_subcommand("sample", "Draw a 12-megapixel photo to try things with.");
    command->add_option("file", *file, "Where to, e.g. photo.jpg.")->required();
    command->callback([&settings, &action, file] {
        action = [&settings, file] {
            draw_sample_photo(settings, *file);
            return 0;
        };
    });
}

void add_admin(CLI::App& app, const Settings& settings, Action& action) {
    struct NewAdmin {
        std::string email;
        std::string password_file;
    };
    auto* command = app.add_subcommand("admin", "Administrators.");
    command->require_subcommand(1);
    auto* link = command->add_subcommand("link", "A new one-time link that makes the first admin.");
    link->callback([&settings, &action] { action = [&settings] { return admin_link(settings); }; });
    const auto admin = std::make_shared<NewAdmin>();
    auto* create = command->add_subcommand("create", "Make an admin.");
    create->add_option("--email", admin->email, "The e-mail address.")->required();
    create->add_option("--password-file", admin->password_file, "A file whose first line is the password.")->required();
    create->callback([&settings, &action, admin] {
        action = [&settings, admin] { return admin_create(settings, admin->email, admin->password_file); };
    });
}

void add_mail(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<MailOptions>();
    const auto number = std::make_shared<int>(1);
    auto* command = app.add_subcommand("mail", "The local mailbox, where mail goes while there is no SMTP_URL.");
    command->require_subcommand(0, 1);
    command->add_option("-n,--lines", options->lines, "How many of the newest.")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_flag("--json", options->json, "Whole mails, for programs.");
    command->callback([&settings, &action, options] {
        if (!action) action = [&settings, options] { return mail_list(settings, *options); };
    });
    auto* show = command->add_subcommand("show", "Print one.");
    show->add_option("number", *number, "Its number in the list.")->capture_default_str();
    show->callback([&settings, &action, number] { action = [&settings, number] { return mail_show(settings, *number); }; });
}

void add_keys(CLI::App& app, const Settings& settings, Action& action) {
    auto* command = app.add_subcommand("keys", "What tokens are signed with.");
    command->require_subcommand(1);
    command->add_subcommand("rotate", "Sign new tokens with new keys; old ones stay good until they expire.")
        ->callback([&settings, &action] { action = [&settings] { return keys_rotate(settings); }; });
}

void add_cert(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<CertOptions>();
    const CLI::Validator host(
        [](std::string& name) { return is_host(name) ? std::string() : "is no host name and no address: " + name; }, "HOST");
    auto* command = app.add_subcommand("cert", "Make a certificate for the gateway that signs itself; up then serves https.");
    command->add_option("--host", options->hosts, "A name or address that clients use; may be given several times.")
        ->check(host);
    command->add_option("--days", options->days, "How long it is good.")->check(CLI::Range(1, 3650))->capture_default_str();
    command->add_flag("--force", options->force, "Replace the one that is there.");
    command->callback([&settings, &action, options] { action = [&settings, options] { return cert(settings, *options); }; });
}

void add_backup(CLI::App& app, const Settings& settings, Action& action) {
    auto* command = app.add_subcommand("backup", "Database, pictures, secrets and mail in one file.");
    command->require_subcommand(1);
    const auto file = std::make_shared<std::string>();
    auto* create = command->add_subcommand("create", "Back everything up; the system goes on meanwhile.");
    create->add_option("file", *file, "Where to (below DARKROOM_HOME/backups, named by the time).");
    create->callback([&settings, &action, file] { action = [&settings, file] { return backup_create(settings, *file); }; });
    auto* verify = command->add_subcommand("verify", "Read every byte of a backup and say whether it is whole.");
    verify->add_option("file", *file, "The backup.")->required();
    verify->callback([&settings, &action, file] { action = [&settings, file] { return backup_verify(settings, *file); }; });
    auto* restore = command->add_subcommand("restore", "Restore a backup into an empty DARKROOM_HOME and start it.");
    restore->add_option("file", *file, "The backup.")->required();
    restore->callback([&settings, &action, file] { action = [&settings, file] { return backup_restore(settings, *file); }; });
}

void add_seed(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<SeedOptions>();
    auto* command =
        app.add_subcommand("seed", "Add the sample accounts with photos and transformations of them; loopback only.");
    command->add_option("--photos", options->photos, "For each account.")->check(CLI::Range(0, 100))->capture_default_str();
    command->callback([&settings, &action, options] { action = [&settings, options] { return seed(settings, *options); }; });
}

void add_trace(CLI::App& app, const Settings& settings, Action& action) {
    const auto id = std::make_shared<std::string>();
    auto* command = app.add_subcommand("trace", "One request's path through all services, from logs and events.");
    command->add_option("id", *id, "A correlation id (X-Correlation-ID) or trace id.")->required();
    command->callback([&settings, &action, id] { action = [&settings, id] { return trace(settings, *id); }; });
}

void add_events(CLI::App& app, const Settings& settings, Action& action) {
    const auto options = std::make_shared<TailOptions>();
    auto* command = app.add_subcommand("events", "The event log.");
    command->require_subcommand(1);
    auto* tail = command->add_subcommand("tail", "Print the newest events and go on with what comes.");
    tail->add_option("--type", options->type, "Only these: image.uploaded, or image.* for a family.");
    tail->add_option("--user", options->user_id, "Only those of this user id.");
    tail->add_option("-n,--lines", options->lines, "How many of the past.")->check(CLI::Range(0, 1000))->capture_default_str();
    tail->add_flag("--no-follow", options->no_follow, "Stop after them.");
    tail->add_flag("--json", options->json, "One JSON object a line.");
    tail->callback(
        [&settings, &action, options] { action = [&settings, options] { return events_tail(settings, *options); }; });
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
    Action action;
    add_up(app, settings, action);
    app.add_subcommand("down", "Stop everything; data stays.")->callback([&] {
        action = [&settings] { return down(settings); };
    });
    add_status(app, settings, action);
    add_logs(app, settings, action);
    add_doctor(app, settings, action);
    app.add_subcommand("open", "Open the gateway in a browser, or print its address.")->callback([&] {
        action = [&settings] { return open(settings); };
    });
    add_sample(app, settings, action);
    add_backup(app, settings, action);
    add_seed(app, settings, action);
    add_trace(app, settings, action);
    add_events(app, settings, action);
    app.add_subcommand("upgrade", "Back everything up, then start what was built last, with its migrations.")->callback([&] {
        action = [&settings] { return upgrade(settings); };
    });
    app.add_subcommand("migrate", "Roles, schemas and migrations at the server of DATABASE_URL, for containers.")
        ->callback([&] { action = [&settings] { return migrate(settings); }; });
    add_admin(app, settings, action);
    add_keys(app, settings, action);
    add_cert(app, settings, action);
    add_mail(app, settings, action);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // --help and --version come this way too
        return app.exit(error) == 0 ? 0 : wrong_usage;
    }
    environment.finish();
    return action();
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
