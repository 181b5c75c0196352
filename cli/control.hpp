// Talking to the supervisor.
#pragma once

#include "cli/layout.hpp"
#include "cli/plan.hpp"

#include <optional>

namespace darkroom::cli {

/// Sends the request and returns the state after it; nullopt when no supervisor runs below this home.
/// Throws std::runtime_error when one runs but does not answer within five seconds.
std::optional<SupervisorStatus> ask_supervisor(const Layout& layout, const ControlRequest& request);

inline std::optional<SupervisorStatus> supervisor_status(const Layout& layout) {
    return ask_supervisor(layout, {ControlCommand::status, last_stage});
}

}  // namespace darkroom::cli
