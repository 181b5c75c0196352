#include "services/images/worker/save.hpp"

#include <unistd.h>

#include <cerrno>
#include <memory>

namespace darkroom::images::worker {

namespace {

struct GFree {
    void operator()(void* memory) const { g_free(memory); }
};

struct Encoded {
    std::unique_ptr<void, GFree> data;
    std::size_t size = 0;
};

/// How hard the palette is searched for, 1 to 10. 7 takes up to 7 s a megapixel, 5 takes 2 and 3 takes half a second: a large
/// result must be done within a job's processor time.
int palette_effort(const Image& image) {
    const auto pixels = std::int64_t{image.width()} * image.height();
    if (pixels <= 2'000'000) return 7;
    return pixels <= 12'000'000 ? 5 : 3;
}

Encoded encode(const Image& image, const OutputOptions& options) {
    void* data = nullptr;
    std::size_t size = 0;
    const gboolean strip = options.strip_metadata ? TRUE : FALSE;
    const gboolean lossless = options.lossless ? TRUE : FALSE;
    const auto write = [&](auto save, auto... named) {
        if (save(image.get(), &data, &size, named..., "strip", strip, nullptr) != 0) throw VipsFailure();
    };
    switch (options.format) {
        case Format::jpeg: write(vips_jpegsave_buffer, "Q", options.quality); break;
        case Format::webp: write(vips_webpsave_buffer, "Q", options.quality, "lossless", lossless); break;
        case Format::avif:
            write(vips_heifsave_buffer, "Q", options.quality, "lossless", lossless, "compression",
                  VIPS_FOREIGN_HEIF_COMPRESSION_AV1, "effort", 3);
            break;
        case Format::gif:
            // Frames that are equal stay frames; older ones than 8.15 merge them, their times added.
            if (vips_version(0) > 8 || vips_version(1) >= 15) {
                write(vips_gifsave_buffer, "effort", palette_effort(image), "keep_duplicate_frames", TRUE);
            } else {
                write(vips_gifsave_buffer, "effort", palette_effort(image));
            }
            break;
        case Format::tiff: write(vips_tiffsave_buffer, "compression", VIPS_FOREIGN_TIFF_COMPRESSION_DEFLATE); break;
        case Format::png:
        case Format::heic:
        case Format::bmp: write(vips_pngsave_buffer, "compression", 6); break;
    }
    return {std::unique_ptr<void, GFree>(data), size};
}

void write_all(int descriptor, const Encoded& encoded) {
    const auto* bytes = static_cast<const char*>(encoded.data.get());
    std::size_t done = 0;
    while (done < encoded.size) {
        const auto written = ::write(descriptor, bytes + done, encoded.size - done);
        if (written < 0 && errno == EINTR) continue;
        // EFBIG: the limit on the output's size.
        if (written <= 0) throw Refused("result_too_large", "the result is larger than is allowed");
        done += static_cast<std::size_t>(written);
    }
}

/// libvips' callback: passes its percentages on.
void on_eval(VipsImage*, VipsProgress* progress, void* callback) {
    (*static_cast<const std::function<void(int)>*>(callback))(progress->percent);
}

/// What was transparent turns white in a format without transparency.
Image flattened(const Image& image, Format format) {
    if (!image.has_alpha() || facts_of(format).keeps_alpha) return image;
    return make([&](VipsImage** out) {
        auto* const white = vips_array_double_newv(1, 255.0);
        const int failed = vips_flatten(image.get(), out, "background", white, nullptr);
        vips_area_unref(VIPS_AREA(white));
        return failed;
    });
}

/// Of what is kept, what is not true any more: the picture stands upright, the small one inside the EXIF data shows it as it
/// was before, and a profile may be of another kind of image.
void correct_metadata(const Image& image, bool stripped) {
    vips_image_set_int(image.get(), VIPS_META_ORIENTATION, 1);
    vips_image_remove(image.get(), "jpeg-thumbnail-data");
    const void* profile = nullptr;
    std::size_t size = 0;
    if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) == 0) return;
    const bool readable = vips_image_get_blob(image.get(), VIPS_META_ICC_NAME, &profile, &size) == 0;
    // Without metadata, pixels are sRGB or gray: what browsers take them for.
    if (stripped || !readable || vips_icc_is_compatible_profile(image.get(), profile, size) == FALSE) {
        vips_image_remove(image.get(), VIPS_META_ICC_NAME);
    }
}

}  // namespace

ImageFacts save_image(const Image& image, const OutputOptions& options, int descriptor,
                      const std::function<void(int)>& on_progress) {
    const auto& facts = facts_of(options.format);
    const int height = vips_image_get_page_height(image.get());
    if (image.width() > facts.max_side || height > facts.max_side) {
        throw Refused("result_too_large", std::string(json::enum_text(options.format)) + " images have at most " +
                                              std::to_string(facts.max_side) + " pixels a side");
    }
    const auto flat = flattened(image, options.format);
    // The signal belongs to one object; this copy is ours alone.
    const auto watched = make([&](VipsImage** out) { return vips_copy(flat.get(), out, nullptr); });
    correct_metadata(watched, options.strip_metadata);
    vips_image_set_progress(watched.get(), TRUE);
    auto callback = on_progress;
    g_signal_connect(watched.get(), "eval", G_CALLBACK(&on_eval), &callback);
    const auto encoded = encode(watched, options);
    write_all(descriptor, encoded);

    ImageFacts result;
    result.format = options.format;
    result.width = image.width();
    result.height = height;
    result.frames = image.height() / height;
    result.has_alpha = flat.has_alpha();
    result.bytes = static_cast<std::int64_t>(encoded.size);
    return result;
}

}  // namespace darkroom::images::worker
