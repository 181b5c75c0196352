// image.deleted: an upload, its jobs and its files are gone.
#pragma once

#include "platform/json/described.hpp"

#include <string>
#include <string_view>

namespace darkroom::events {

struct ImageDeleted {
    static constexpr std::string_view type = "image.deleted";

    std::string upload_id;

    bool operator==(const ImageDeleted&) const = default;
};
BOOST_DESCRIBE_STRUCT(ImageDeleted, (), (upload_id))

}  // namespace darkroom::events
