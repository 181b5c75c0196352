// What this service holds about one user, for the archive that user-service makes.
#pragma once

#include "platform/service/user_export.hpp"

namespace darkroom::accounts {

/// No hash of a password or a token, no sealed secret.
std::span<const ExportSection> export_sections();

}  // namespace darkroom::accounts
