#include "services/images/sample/landscape.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace darkroom::images {

namespace {

struct Colour {
    double red;
    double green;
    double blue;
};

Colour mix(Colour from, Colour to, double share) {
    return {from.red + (to.red - from.red) * share, from.green + (to.green - from.green) * share,
            from.blue + (to.blue - from.blue) * share};
}

/// 0..1, the same for the same input.
double random_at(std::uint32_t x, std::uint32_t y, std::uint32_t seed) {
    std::uint32_t hash = x * 0x9e3779b1U ^ y * 0x85ebca77U ^ seed * 0xc2b2ae3dU;
    hash = (hash ^ (hash >> 15)) * 0x2c1b3c6dU;
    hash = (hash ^ (hash >> 12)) * 0x297a2d39U;
    return static_cast<double>(hash ^ (hash >> 15)) / 4294967295.0;
}

/// Smooth noise in one dimension, -1..1, summed over octaves.
double ridge_noise(double x, std::uint32_t seed) {
    double sum = 0;
    double amplitude = 0.5;
    for (std::uint32_t octave = 0; octave < 6; ++octave) {
        const double cell = std::floor(x);
        const double part = x - cell;
        const double smooth = part * part * (3 - 2 * part);
        const auto at = static_cast<std::uint32_t>(static_cast<std::int64_t>(cell));
        const double left = random_at(at, octave, seed);
        const double right = random_at(at + 1, octave, seed);
        sum += amplitude * (2 * (left + (right - left) * smooth) - 1);
        amplitude /= 2;
        x *= 2;
    }
    return sum;
}

struct Ridge {
    double height;     // of its middle line, as a share of the picture from the top
    double roughness;  // as a share of the picture's height
    double scale;      // features across the picture
    Colour colour;
};

constexpr std::array ridges{
    Ridge{0.55, 0.16, 2.5, {150, 160, 190}},
    Ridge{0.65, 0.14, 4.0, {98, 116, 146}},
    Ridge{0.76, 0.12, 5.5, {56, 82, 92}},
    Ridge{0.90, 0.08, 9.0, {26, 48, 40}},
};

Colour sky_at(double x, double y) {
    constexpr Colour zenith{52, 92, 164};
    constexpr Colour horizon{250, 206, 160};
    constexpr Colour sun{255, 246, 220};
    const double away = std::hypot((x - 0.68) * 1.33, y - 0.36);
    const double glow = std::exp(-away * 9);
    const auto air = mix(zenith, horizon, std::clamp(y / 0.6, 0.0, 1.0));
    return mix(air, sun, std::clamp(glow + (away < 0.035 ? 1 : 0), 0.0, 1.0));
}

}  // namespace

std::vector<unsigned char> draw_landscape(int width, int height, unsigned seed) {
    const auto columns = static_cast<std::size_t>(width);
    const auto rows = static_cast<std::size_t>(height);
    // The outline of each ridge depends on the column only.
    std::vector<std::array<double, ridges.size()>> outlines(columns);
    for (std::size_t x = 0; x < columns; ++x) {
        for (std::size_t i = 0; i < ridges.size(); ++i) {
            const double across = static_cast<double>(x) / static_cast<double>(columns);
            const auto own_seed = seed * 16 + static_cast<unsigned>(i);
            outlines[x][i] = ridges[i].height - ridges[i].roughness * ridge_noise(across * ridges[i].scale, own_seed);
        }
    }
    std::vector<unsigned char> pixels;
    pixels.reserve(columns * rows * 3);
    for (std::size_t y = 0; y < rows; ++y) {
        const double down = static_cast<double>(y) / static_cast<double>(rows);
        for (std::size_t x = 0; x < columns; ++x) {
            auto colour = sky_at(static_cast<double>(x) / static_cast<double>(columns), down);
            for (std::size_t i = 0; i < ridges.size(); ++i) {
                if (down < outlines[x][i]) continue;
                // Haze gathers at the foot of each ridge.
                colour = mix(ridges[i].colour, {200, 190, 185}, std::clamp((down - outlines[x][i]) * 1.2, 0.0, 0.25));
            }
            const double grain = 10 * random_at(static_cast<std::uint32_t>(x), static_cast<std::uint32_t>(y), seed) - 5;
            for (const double channel : {colour.red, colour.green, colour.blue}) {
                pixels.push_back(static_cast<unsigned char>(std::clamp(channel + grain, 0.0, 255.0)));
            }
        }
    }
    return pixels;
}

}  // namespace darkroom::images
