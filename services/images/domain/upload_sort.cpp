#include "services/images/domain/upload_sort.hpp"

#include <algorithm>

namespace darkroom::images {

Result<UploadSort> UploadSort::parse(std::string_view text) {
    const UploadSort sort{std::string(text)};
    if (std::ranges::find(columns, sort.column()) != columns.end()) return sort;
    return invalid_field("", "must be created_at, filename or file_size, with a leading - for descending");
}

}  // namespace darkroom::images
