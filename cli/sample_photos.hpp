// Photos to begin with: drawn by darkroom-sample-photo, never stored in the repository.
#pragma once

#include "cli/auth_service.hpp"
#include "cli/config.hpp"

#include <filesystem>

namespace darkroom::cli {

/// Draws a 12-megapixel landscape into `file`. Throws std::runtime_error with one line when it cannot.
void draw_sample_photo(const Settings& settings, const std::filesystem::path& file, int seed = 1);

/// Uploads photos as the demo account, unless it has some already; with `process` also orders a few transformations of each.
void upload_sample_photos(const Settings& settings, const DemoAccount& account, int count = 3, bool process = false);

}  // namespace darkroom::cli
