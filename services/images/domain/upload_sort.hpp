// ?sort= of GET /images.
#pragma once

#include "platform/json/described.hpp"

#include <array>
#include <string>
#include <string_view>

namespace darkroom::images {

/// "created_at", "filename" or "file_size", with a leading '-' for descending.
class UploadSort {
public:
    static Result<UploadSort> parse(std::string_view text);
    static UploadSort newest_first() { return UploadSort("-created_at"); }

    const std::string& text() const { return text_; }
    bool descending() const { return text_.starts_with('-'); }
    std::string_view column() const { return std::string_view(text_).substr(descending() ? 1 : 0); }

    static constexpr std::array<std::string_view, 3> columns{"created_at", "filename", "file_size"};
    static constexpr json::TextSchema schema{.pattern = "^-?(created_at|filename|file_size)$"};

private:
    explicit UploadSort(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom::images
