#include "services/images/worker/gif_blocks.hpp"

namespace darkroom::images::worker {

namespace {

constexpr std::uint8_t extension = 0x21;
constexpr std::uint8_t frame = 0x2C;

class Blocks {
public:
    explicit Blocks(std::span<const std::uint8_t> file) : file_(file) {}

    bool at_end() const { return at_ >= file_.size(); }
    bool broke_off() const { return at_ > file_.size(); }
    /// 0 past the end.
    std::uint8_t next() {
        const auto here = at_++;
        return here < file_.size() ? file_[here] : 0;
    }
    void skip(std::size_t bytes) { at_ += bytes; }
    /// The low bits say how large the table is that the high bit says is there.
    void skip_colours(std::uint8_t flags) {
        if ((flags & 0x80) != 0) skip(std::size_t{3} << ((flags & 7) + 1));
    }
    /// A length before each, nothing in the last.
    void skip_data() {
        while (!broke_off()) {
            const auto size = next();
            if (size == 0) return;
            skip(size);
        }
    }

private:
    std::span<const std::uint8_t> file_;
    std::size_t at_ = 0;
};

}  // namespace

bool gif_breaks_off(std::span<const std::uint8_t> file) {
    Blocks blocks(file);
    constexpr std::size_t signature_and_size = 10;
    blocks.skip(signature_and_size);
    const auto screen = blocks.next();
    blocks.skip(2);
    blocks.skip_colours(screen);
    while (!blocks.at_end()) {
        const auto kind = blocks.next();
        // The trailer, or bytes that mean nothing: the rest is no part of the picture.
        if (kind != extension && kind != frame) return false;
        constexpr std::size_t place_and_size = 8;
        if (kind == frame) {
            blocks.skip(place_and_size);
            blocks.skip_colours(blocks.next());
        }
        blocks.skip(1);
        blocks.skip_data();
    }
    return blocks.broke_off();
}

}  // namespace darkroom::images::worker
