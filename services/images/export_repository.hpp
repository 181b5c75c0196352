// What this service holds about one user, for the archive that user-service makes.
#pragma once

#include "platform/service/user_export.hpp"

namespace darkroom::images {

/// "files" are those that the archive brings along: {"path", "sha256", "size"}.
std::span<const ExportSection> export_sections();

class ExportRepository {
public:
    explicit ExportRepository(pg::Pool& pool) : pool_(pool) {}

    /// True when an upload or a result of the user has this content.
    awaitable<bool> has_file(UserId user, std::string sha256);

private:
    pg::Pool& pool_;
};

}  // namespace darkroom::images
