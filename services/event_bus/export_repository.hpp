// What this service holds about one user, for the archive that user-service makes.
#pragma once

#include "platform/service/user_export.hpp"

namespace darkroom::event_bus {

std::span<const ExportSection> export_sections();

}  // namespace darkroom::event_bus
