#include "platform/service/command_line.hpp"

#include "platform/service/service.hpp"

#include <CLI/CLI.hpp>

namespace darkroom {

namespace {

std::string describe(const std::vector<VariableDescription>& variables) {
    std::string text = "Environment variables (a secret NAME may also come from the file named by NAME_FILE):\n";
    for (const auto& variable : variables) {
        text += fmt::format("  {:<28} {} [{}; {}]\n", variable.name, variable.description, variable.type,
                            variable.fallback.empty() ? "empty" : variable.fallback);
    }
    return text;
}

}  // namespace

std::variant<Command, int> parse_command_line(std::string_view service, std::string_view description,
                                              const std::vector<VariableDescription>& variables, int argc, char** argv) {
    CLI::App app{std::string(description), std::string(service)};
    app.footer(describe(variables));
    app.set_version_flag("--version", std::string(version()));
    auto* migrate = app.add_subcommand("migrate", "Bring the database schema up to date and exit.");
    auto* openapi = app.add_subcommand("openapi", "Print the OpenAPI document and exit.");
    auto* health = app.add_subcommand("health", "Exit 0 if the service that runs here (BIND, PORT) is ready, else 1.");
    app.require_subcommand(0, 1);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {  // --help and --version come this way too
        const int code = app.exit(error);
        return code == 0 ? 0 : 2;
    }
    if (migrate->parsed()) return Command::migrate;
    if (openapi->parsed()) return Command::openapi;
    if (health->parsed()) return Command::health;
    return Command::serve;
}

}  // namespace darkroom
