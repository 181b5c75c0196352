#include "services/images/worker/source.hpp"

#include "services/images/worker/bitmap.hpp"
#include "services/images/worker/gif_blocks.hpp"

#include <sys/mman.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <system_error>

namespace darkroom::images::worker {

namespace {

struct Loader {
    /// The beginning of the class libvips finds for the content.
    const char* class_prefix;
    Format format;
};

constexpr std::array loaders{
    Loader{"VipsForeignLoadJpeg", Format::jpeg}, Loader{"VipsForeignLoadPng", Format::png},
    Loader{"VipsForeignLoadWebp", Format::webp}, Loader{"VipsForeignLoadNsgif", Format::gif},
    Loader{"VipsForeignLoadTiff", Format::tiff}, Loader{"VipsForeignLoadHeif", Format::avif},
};

std::optional<Format> format_by_content(const Source& source) {
    if (is_bitmap(source.data(), source.size())) return Format::bmp;
    const char* found = vips_foreign_find_load_buffer(source.data(), source.size());
    vips_error_clear();
    if (found == nullptr) return std::nullopt;
    for (const auto& loader : loaders) {
        if (std::strncmp(found, loader.class_prefix, std::strlen(loader.class_prefix)) == 0) return loader.format;
    }
    return std::nullopt;
}

/// A TIFF's directory may stand at its end, so that a truncated one is not even recognised.
bool begins_like_tiff(const Source& source) {
    if (source.size() < 4) return false;
    return std::memcmp(source.data(), "II*\0", 4) == 0 || std::memcmp(source.data(), "MM\0*", 4) == 0;
}

/// Of the AVIF/HEIC family: which codec is inside.
Format exact_format(Format format, const Image& image) {
    if (format != Format::avif) return format;
    const char* compression = nullptr;
    const bool known = vips_image_get_typeof(image.get(), "heif-compression") != 0 &&
                       vips_image_get_string(image.get(), "heif-compression", &compression) == 0;
    return known && std::strcmp(compression, "av1") != 0 ? Format::heic : Format::avif;
}

[[noreturn]] void refuse_damaged(const std::string& reason) {
    throw Refused("damaged_image", "the image is damaged or truncated: " + reason);
}

Image load(const Source& source, Format format, VipsAccess access) {
    if (format == Format::bmp) return read_bitmap(source.data(), source.size());
    return make([&](VipsImage** out) {
        *out = vips_image_new_from_buffer(source.data(), source.size(), "", "access", access, "fail_on", VIPS_FAIL_ON_TRUNCATED,
                                          nullptr);
        return *out == nullptr ? -1 : 0;
    });
}

Image without_profile(const Image& image) {
    const auto copy = make([&](VipsImage** out) { return vips_copy(image.get(), out, nullptr); });
    vips_image_remove(copy.get(), VIPS_META_ICC_NAME);
    return copy;
}

/// A broken profile is ignored, as browsers do.
Image apply_profile(const Image& image, Profile profile) {
    if (vips_image_get_typeof(image.get(), VIPS_META_ICC_NAME) == 0) return image;
    VipsImage* out = nullptr;
    if (vips_icc_transform(image.get(), &out, "srgb", "embedded", TRUE, nullptr) != 0) {
        vips_error_clear();
        return without_profile(image);
    }
    const auto converted = Image::adopt(out);
    const bool gray = image.bands() < 3;
    if (profile == Profile::keep && vips_image_get_interpretation(image.get()) != VIPS_INTERPRETATION_CMYK) return image;
    if (!gray) return converted;
    // What was gray has three equal bands now.
    const auto luminance = without_profile(converted);
    const auto one = make([&](VipsImage** band) { return vips_extract_band(luminance.get(), band, 0, nullptr); });
    const auto named =
        make([&](VipsImage** copy) { return vips_copy(one.get(), copy, "interpretation", VIPS_INTERPRETATION_B_W, nullptr); });
    return image.has_alpha() ? with_alpha(named, alpha_of(luminance)) : named;
}

/// 16-bit, CMYK, Lab, palette, 1-bit … all become 8-bit sRGB or gray.
Image normalise(const Image& image, Profile profile) {
    const auto converted = apply_profile(image, profile);
    const auto from = vips_image_get_interpretation(converted.get());
    const bool gray = from == VIPS_INTERPRETATION_B_W || from == VIPS_INTERPRETATION_GREY16 || converted.bands() < 3;
    const auto to = gray ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
    auto result =
        from == to ? converted : make([&](VipsImage** out) { return vips_colourspace(converted.get(), out, to, nullptr); });
    // Not every source is honest about its bands; beyond colour and alpha nothing is of use.
    const int wanted = (gray ? 1 : 3) + (result.has_alpha() ? 1 : 0);
    if (result.bands() > wanted) {
        result = make([&](VipsImage** out) { return vips_extract_band(result.get(), out, 0, "n", wanted, nullptr); });
    }
    return to_bytes(result);
}

/// vips_image_get_n_pages takes 10,000 and more for a mistake and says 1: a way around the limit on pixels.
int frames_of(const Image& image) {
    int frames = 1;
    if (vips_image_get_typeof(image.get(), VIPS_META_N_PAGES) == 0) return 1;
    if (vips_image_get_int(image.get(), VIPS_META_N_PAGES, &frames) != 0) throw VipsFailure();
    return std::max(frames, 1);
}

bool is_upright(const Image& image) {
    return vips_image_get_orientation(image.get()) <= 1;
}

Image upright(const Image& image) {
    if (is_upright(image)) return image;
    return make([&](VipsImage** out) { return vips_autorot(image.get(), out, nullptr); });
}

Image load_all_frames(const Source& source) {
    return make([&](VipsImage** out) {
        *out = vips_image_new_from_buffer(source.data(), source.size(), "", "n", -1, "access", VIPS_ACCESS_SEQUENTIAL,
                                          "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr);
        return *out == nullptr ? -1 : 0;
    });
}

/// Without the loader's word on pages, which a step that changes the height would turn into a lie.
Image single(const Image& image) {
    const auto copy = make([&](VipsImage** out) { return vips_copy(image.get(), out, nullptr); });
    for (const auto* name : {VIPS_META_PAGE_HEIGHT, VIPS_META_N_PAGES}) vips_image_remove(copy.get(), name);
    return copy;
}

}  // namespace

void allow_known_formats() {
    // Whatever loader a libvips was built with beyond ours stays unreachable, also by a container that embeds another format.
    vips_block_untrusted_set(TRUE);
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const auto& loader : loaders) vips_operation_block_set(loader.class_prefix, FALSE);
}

Source::Source(int descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) throw std::system_error(errno, std::generic_category(), "fstat");
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ == 0) throw Refused("empty_file", "the file is empty");
    data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (data_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
}

Source::Source(const Source& whole, std::int64_t offset, std::int64_t size) : owned_(false) {
    const auto end = static_cast<std::int64_t>(whole.size());
    if (offset < 0 || size <= 0 || offset > end || size > end - offset) throw std::runtime_error("a slice outside the input");
    data_ = static_cast<char*>(whole.data()) + offset;
    size_ = static_cast<std::size_t>(size);
}

Source::~Source() {
    if (owned_) ::munmap(data_, size_);
}

ImageFacts look_at(const Source& source, const Limits& limits) {
    const auto format = format_by_content(source);
    if (!format && begins_like_tiff(source)) refuse_damaged("the file has no directory");
    if (!format) {
        throw Refused("unsupported_image", "the content is no image of a known format (JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP)");
    }
    ImageFacts facts;
    facts.bytes = static_cast<std::int64_t>(source.size());
    try {
        // Nothing is decoded before pixels are asked for.
        const auto image = load(source, *format, VIPS_ACCESS_SEQUENTIAL);
        facts.format = exact_format(*format, image);
        const bool swapped = vips_image_get_orientation_swap(image.get()) != 0;
        facts.width = swapped ? image.height() : image.width();
        facts.height = swapped ? image.width() : image.height();
        facts.frames = frames_of(image);
        facts.has_alpha = image.has_alpha();
    } catch (const VipsFailure& failure) {
        throw refusal_for(failure);
    }
    const auto pixels = std::int64_t{facts.width} * facts.height;
    if (pixels > limits.max_pixels / facts.frames) {
        throw Refused("too_many_pixels", std::to_string(facts.width) + " x " + std::to_string(facts.height) + " pixels x " +
                                             std::to_string(facts.frames) + " frames is more than " +
                                             std::to_string(limits.max_pixels) + " pixels");
    }
    return facts;
}

void verify(const Source& source, const ImageFacts& facts) {
    if (facts.format == Format::gif && gif_breaks_off(source.bytes())) refuse_damaged("it ends in the middle of a frame");
    try {
        // An eighth skips most of the arithmetic of a JPEG, but still reads all of its data. Of a few pixels nothing would be
        // left.
        constexpr int eighth = 8;
        const bool shrinks = facts.format == Format::jpeg && std::min(facts.width, facts.height) >= eighth;
        const auto decode = [&] {
            if (is_animation(facts)) return load_all_frames(source);
            if (!shrinks) return load(source, facts.format, VIPS_ACCESS_SEQUENTIAL);
            return make([&](VipsImage** out) {
                return vips_jpegload_buffer(source.data(), source.size(), out, "shrink", eighth, "access",
                                            VIPS_ACCESS_SEQUENTIAL, "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr);
            });
        };
        const auto image = decode();
        double ignored = 0;
        if (vips_avg(image.get(), &ignored, nullptr) != 0) throw VipsFailure();
    } catch (const VipsFailure& failure) {
        throw refusal_for(failure);
    }
}

Image open_image(const Source& source, const ImageFacts& facts, bool random, Profile profile) {
    auto image = load(source, facts.format, VIPS_ACCESS_SEQUENTIAL);
    // Memory once is cheaper than decoding once per region, and a temporary file is out of reach here.
    if (random || !is_upright(image)) image = in_memory(image);
    return normalise(upright(single(image)), profile);
}

FrameReader::FrameReader(const Source& source, Profile profile)
    : roll_(load_all_frames(source)),
      height_(vips_image_get_page_height(roll_.get())),
      count_(roll_.height() / height_),
      profile_(profile) {}

Image FrameReader::next() {
    const int top = height_ * at_++;
    const auto frame =
        make([&](VipsImage** out) { return vips_extract_area(roll_.get(), out, 0, top, roll_.width(), height_, nullptr); });
    return normalise(upright(single(in_memory(frame))), profile_);
}

Image open_scaled(const Source& source, int width, int height, Profile profile) {
    const auto image = make([&](VipsImage** out) {
        return vips_thumbnail_buffer(source.data(), source.size(), out, width, "height", height, "size", VIPS_SIZE_FORCE,
                                     "fail_on", VIPS_FAIL_ON_TRUNCATED, nullptr);
    });
    return normalise(single(image), profile);
}

}  // namespace darkroom::images::worker
