// The image formats we know, with what the outside calls them.
#pragma once

#include <boost/describe.hpp>

#include <optional>
#include <string_view>

namespace darkroom::images {

enum class Format { jpeg, png, webp, gif, tiff, avif, heic, bmp };
BOOST_DESCRIBE_ENUM(Format, jpeg, png, webp, gif, tiff, avif, heic, bmp)

struct FormatFacts {
    Format format;
    std::string_view mime_type;
    std::string_view extension;
    /// False for what we can only read; a result then becomes PNG.
    bool writable;
    bool keeps_alpha;
    /// Of colours (ICC).
    bool holds_profile;
    /// Several frames that are shown one after the other; other formats' pages are no animation.
    bool animates;
    /// The longest side an encoder of this format accepts.
    int max_side;
};

const FormatFacts& facts_of(Format format);
/// nullopt for a media type that is none of ours.
std::optional<Format> format_from_mime(std::string_view mime_type);
/// What a result is written as when nobody asks for a format: the input's, or PNG where that cannot be written.
Format result_format(Format input);

}  // namespace darkroom::images
