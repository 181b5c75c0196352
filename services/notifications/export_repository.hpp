// What this service holds about one user, for the archive that user-service makes.
#pragma once

#include "platform/service/user_export.hpp"

namespace darkroom::notifications {

/// No content of a mail: it may hold a link that is a secret.
std::span<const ExportSection> export_sections();

}  // namespace darkroom::notifications
