// What a service's binary was asked to do.
#pragma once

#include "platform/core/environment.hpp"

#include <string_view>
#include <variant>

namespace darkroom {

enum class Command { serve, migrate, openapi, health };

/// The command, or the exit code where the line was answered already (--help, --version, wrong usage).
std::variant<Command, int> parse_command_line(std::string_view service, std::string_view description,
                                              const std::vector<VariableDescription>& variables, int argc, char** argv);

}  // namespace darkroom
