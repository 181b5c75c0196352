// A Gaussian blur in one pass over the image.
#pragma once

#include "services/images/worker/image.hpp"

namespace darkroom::images::worker {

/// Borders replicated. 8-bit samples are rounded, float samples stay float. libvips' own is either exact and four times slower,
/// or quick and up to 3 % too bright or too dark. Meant for small sigmas: the time grows with it.
Image convolve_gaussian(const Image& image, double sigma);

}  // namespace darkroom::images::worker
