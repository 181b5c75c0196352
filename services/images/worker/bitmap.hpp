// Windows bitmaps: libvips reads them only through ImageMagick, which we do not want near untrusted input.
#pragma once

#include "services/images/worker/image.hpp"

namespace darkroom::images::worker {

/// True for a file with a bitmap's headers.
bool is_bitmap(const void* data, std::size_t size);
/// For what is_bitmap() says yes to: uncompressed 1, 4, 8, 24 and 32 bits per pixel, either row order. Throws Refused
/// "damaged_image" or "unsupported_image". The pixels are made row by row when asked for; `data` must live that long.
Image read_bitmap(const void* data, std::size_t size);

}  // namespace darkroom::images::worker
