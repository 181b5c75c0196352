// Text files compiled into the binary by `embed_text` (cmake/Embed.cmake).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace darkroom {

/// Both views live as long as the program. `name` is the file's base name.
struct EmbeddedFile {
    std::string_view name;
    std::string_view content;
};

inline EmbeddedFile embedded_file(std::string_view name, const unsigned char* bytes, std::size_t size) {
    return {name, {static_cast<const char*>(static_cast<const void*>(bytes)), size}};
}

}  // namespace darkroom
