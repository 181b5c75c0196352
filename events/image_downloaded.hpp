// image.downloaded: an original or a result was fetched.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::events {

struct ImageDownloaded {
    static constexpr std::string_view type = "image.downloaded";

    std::string upload_id;

    bool operator==(const ImageDownloaded&) const = default;
};
BOOST_DESCRIBE_STRUCT(ImageDownloaded, (), (upload_id))

}  // namespace darkroom::events
