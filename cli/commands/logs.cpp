#include "cli/commands/commands.hpp"
#include "cli/commands/log_reader.hpp"

#include <unistd.h>

#include <iostream>

namespace darkroom::cli {

namespace {

bool is_known(std::string_view name) {
    return name == postgres || name == redis || name == supervisor ||
           std::ranges::find(services, name, &ServiceFacts::name) != services.end();
}

}  // namespace

int logs(const Settings& settings, const LogsOptions& options) {
    if (!options.service.empty() && !is_known(options.service)) {
        std::cerr << "darkroom: there is no service \"" << options.service << "\"; there are";
        for (const auto& service : services) std::cerr << ' ' << service.name;
        std::cerr << ' ' << postgres << ' ' << redis << ' ' << supervisor << '\n';
        return 2;
    }
    const Layout layout(settings.home);
    if (!std::filesystem::exists(layout.logs())) {
        throw std::runtime_error("there are no logs yet: ./darkroom up starts the system");
    }
    LogReader reader(layout.logs(), {options.service, options.trace});
    const LogPrinter printer(options.json);
    // A trace is wanted whole, however old its beginning.
    const auto count = options.trace.empty() ? static_cast<std::size_t>(options.lines) : 0;
    for (const auto& line : reader.read_last(count)) printer.print(line);
    while (options.follow && std::cout.flush()) {
        ::usleep(200'000);
        for (const auto& line : reader.read_new()) printer.print(line);
    }
    return 0;
}

}  // namespace darkroom::cli
