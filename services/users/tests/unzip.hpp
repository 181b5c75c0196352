// Reads a zip archive back.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace darkroom::users {

/// Content by path. std::runtime_error for what is no whole archive.
std::map<std::string, std::string> unzip(std::string_view zip);

}  // namespace darkroom::users
