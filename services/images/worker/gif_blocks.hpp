// Whether a GIF is all there. libvips takes one that breaks off for one with fewer frames.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace darkroom::images::worker {

/// True when `file`, which begins like a GIF, ends inside a block. One that ends between two blocks lacks nothing but its
/// trailer, which viewers do not miss.
bool gif_breaks_off(std::span<const std::uint8_t> file);

}  // namespace darkroom::images::worker
