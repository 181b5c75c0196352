#include "services/images/worker/gaussian.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

namespace darkroom::images::worker {

namespace {

/// Past this share of its height the bell is cut.
constexpr double smallest_weight = 0.005;

struct Blur {
    /// With a border of `radius` around it.
    Image bordered;
    /// From the middle outwards; the other half is its mirror image.
    std::vector<float> weights;

    int radius() const { return static_cast<int>(weights.size()) - 1; }
};

std::vector<float> weights_of(double sigma) {
    const auto radius = static_cast<int>(std::ceil(sigma * std::sqrt(-2 * std::log(smallest_weight))));
    std::vector<double> bell;
    double sum = 0;
    for (int i = 0; i <= radius; ++i) {
        bell.push_back(std::exp(-0.5 * i * i / (sigma * sigma)));
        sum += i == 0 ? bell.back() : 2 * bell.back();
    }
    std::vector<float> weights;
    for (const double value : bell) weights.push_back(static_cast<float>(value / sum));
    return weights;
}

Image with_border(const Image& image, int radius) {
    return make([&](VipsImage** out) {
        return vips_embed(image.get(), out, radius, radius, image.width() + 2 * radius, image.height() + 2 * radius, "extend",
                          VIPS_EXTEND_COPY, nullptr);
    });
}

// Plain loops over contiguous samples, so that the compiler can do several at once.

template <class Sample>
void begin_sum(float* sum, const Sample* row, float weight, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum[i] = weight * static_cast<float>(row[i]);
}

template <class Sample>
void add_pair(float* sum, const Sample* one, const Sample* other, float weight, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) sum[i] += weight * (static_cast<float>(one[i]) + static_cast<float>(other[i]));
}

void store(std::uint8_t* out, const float* sum, std::size_t count) {
    // The weights are positive and add up to 1: nothing can leave 0..255.
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>(sum[i] + 0.5F);
}

void store(float* out, const float* sum, std::size_t count) {
    std::copy_n(sum, count, out);
}

template <class Sample>
void blur_area(const Blur& blur, VipsRegion* in, VipsRegion* out) {
    const auto& area = out->valid;
    const int radius = blur.radius();
    const auto bands = static_cast<std::size_t>(blur.bordered.bands());
    const auto count = static_cast<std::size_t>(area.width) * bands;
    const auto bordered_count = count + 2 * static_cast<std::size_t>(radius) * bands;
    std::vector<float> column_sums(bordered_count);
    std::vector<float> sums(count);
    const auto row_at = [&](int y) {
        return static_cast<const Sample*>(static_cast<void*>(VIPS_REGION_ADDR(in, area.left, y)));
    };
    for (int y = area.top; y < area.top + area.height; ++y) {
        const int middle = y + radius;
        begin_sum(column_sums.data(), row_at(middle), blur.weights[0], bordered_count);
        for (int i = 1; i <= radius; ++i) {
            add_pair(column_sums.data(), row_at(middle - i), row_at(middle + i), blur.weights[static_cast<std::size_t>(i)],
                     bordered_count);
        }
        const float* centre = column_sums.data() + static_cast<std::size_t>(radius) * bands;
        begin_sum(sums.data(), centre, blur.weights[0], count);
        for (int i = 1; i <= radius; ++i) {
            const auto distance = static_cast<std::size_t>(i) * bands;
            add_pair(sums.data(), centre - distance, centre + distance, blur.weights[static_cast<std::size_t>(i)], count);
        }
        store(static_cast<Sample*>(static_cast<void*>(VIPS_REGION_ADDR(out, area.left, y))), sums.data(), count);
    }
}

/// A VipsGenerateFn; `sequence` is the region of the bordered input that vips_start_one made.
int generate(VipsRegion* out, void* sequence, void*, void* data, gboolean*) {
    const auto& blur = *static_cast<const Blur*>(data);
    auto* const in = static_cast<VipsRegion*>(sequence);
    VipsRect needed = out->valid;
    needed.width += 2 * blur.radius();
    needed.height += 2 * blur.radius();
    if (vips_region_prepare(in, &needed) != 0) return -1;
    if (vips_image_get_format(out->im) == VIPS_FORMAT_UCHAR) {
        blur_area<std::uint8_t>(blur, in, out);
    } else {
        blur_area<float>(blur, in, out);
    }
    return 0;
}

void forget(VipsImage*, void* blur) {
    delete static_cast<Blur*>(blur);
}

}  // namespace

Image convolve_gaussian(const Image& image, double sigma) {
    auto weights = weights_of(sigma);
    const auto radius = static_cast<int>(weights.size()) - 1;
    auto blur = std::make_unique<Blur>(Blur{with_border(image, radius), std::move(weights)});
    auto out = Image::adopt(vips_image_new());
    // Strips as wide as the image: only their upper and lower borders are read twice.
    if (vips_image_pipelinev(out.get(), VIPS_DEMAND_STYLE_FATSTRIP, blur->bordered.get(), nullptr) != 0) throw VipsFailure();
    out.get()->Xsize = image.width();
    out.get()->Ysize = image.height();
    auto* const owned = blur.release();
    g_signal_connect(out.get(), "close", G_CALLBACK(&forget), owned);
    if (vips_image_generate(out.get(), &vips_start_one, &generate, &vips_stop_one, owned->bordered.get(), owned) != 0) {
        throw VipsFailure();
    }
    return out;
}

}  // namespace darkroom::images::worker
