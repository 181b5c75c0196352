// image.uploaded: an original is stored.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::events {

struct ImageUploaded {
    static constexpr std::string_view type = "image.uploaded";

    std::string upload_id;
    std::string filename;
    std::int64_t file_size = 0;
    std::string mime_type;
    int width = 0;
    int height = 0;

    bool operator==(const ImageUploaded&) const = default;
};
BOOST_DESCRIBE_STRUCT(ImageUploaded, (), (upload_id, filename, file_size, mime_type, width, height))

}  // namespace darkroom::events
