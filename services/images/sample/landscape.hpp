// A drawn landscape: sky, sun, ridges in haze, grain.
#pragma once

#include <vector>

namespace darkroom::images {

/// width x height pixels of 8-bit sRGB, row by row.
std::vector<unsigned char> draw_landscape(int width, int height, unsigned seed);

}  // namespace darkroom::images
