// darkroom-sample-photo FILE [WIDTH HEIGHT [SEED]]: draws a landscape with grain and writes it as JPEG, so that the README's
// story and `up --demo` have a photo at hand without the repository carrying one. The same seed draws the same picture.
#include "services/images/sample/landscape.hpp"

#include <vips/vips.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr int wrong_usage = 2;
constexpr int largest_side = 10'000;

bool read_number(std::string_view text, int& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && number > 0;
}

int write_jpeg(const std::vector<unsigned char>& pixels, int width, int height, const char* path) {
    auto* image = vips_image_new_from_memory(pixels.data(), pixels.size(), width, height, 3, VIPS_FORMAT_UCHAR);
    if (image == nullptr) return EXIT_FAILURE;
    image->Type = VIPS_INTERPRETATION_sRGB;
    const int result = vips_jpegsave(image, path, "Q", 88, nullptr);
    g_object_unref(image);
    return result == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    int width = 4000;
    int height = 3000;
    int seed = 1;
    const bool sized = argc < 4 || (read_number(argv[2], width) && read_number(argv[3], height));
    const bool seeded = argc < 5 || read_number(argv[4], seed);
    if (argc < 2 || argc == 3 || argc > 5 || !sized || !seeded || width > largest_side || height > largest_side) {
        std::fprintf(stderr, "usage: darkroom-sample-photo FILE [WIDTH HEIGHT [SEED]]\n");
        return wrong_usage;
    }
    if (vips_init(argv[0]) != 0) return EXIT_FAILURE;
    const auto pixels = darkroom::images::draw_landscape(width, height, static_cast<unsigned>(seed));
    const int code = write_jpeg(pixels, width, height, argv[1]);
    if (code != EXIT_SUCCESS) std::fprintf(stderr, "darkroom-sample-photo: %s", vips_error_buffer());
    return code;
}
