// What the API shows of uploads and processings.
#pragma once

#include "platform/http/paging.hpp"
#include "services/images/domain/recipe.hpp"
#include "services/images/domain/records.hpp"

namespace darkroom::images {

/// An upload exists only once it is stored and checked.
enum class UploadStatus { uploaded };
BOOST_DESCRIBE_ENUM(UploadStatus, uploaded)

struct Upload {
    std::string id;
    std::string user_id;
    std::string filename;
    std::int64_t file_size = 0;
    std::string mime_type;
    int width = 0;
    int height = 0;
    int frames = 1;
    bool has_alpha = false;
    std::string sha256;
    Timestamp created_at{};
    UploadStatus status = UploadStatus::uploaded;

    static Upload of(const StoredUpload& stored);
};
BOOST_DESCRIBE_STRUCT(Upload, (),
                      (id, user_id, filename, file_size, mime_type, width, height, frames, has_alpha, sha256, created_at,
                       status))

struct ProcessingResult {
    std::string mime_type;
    int width = 0;
    int height = 0;
    std::int64_t file_size = 0;
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(ProcessingResult, (), (mime_type, width, height, file_size, sha256))

struct Processing {
    std::string id;
    std::string upload_id;
    std::string user_id;
    /// Or the pipeline's name.
    std::string transformation_type;
    /// Defaults included; empty for a pipeline.
    json::Object parameters;
    std::optional<std::vector<Step>> pipeline;
    std::optional<Format> format;
    std::optional<int> quality;
    JobStatus status = JobStatus::queued;
    int progress = 0;
    int attempts = 0;
    std::optional<std::string> error_code;
    std::optional<std::string> error;
    std::optional<ProcessingResult> result;
    std::optional<std::int64_t> processing_time_ms;
    Timestamp created_at{};
    std::optional<Timestamp> started_at;
    std::optional<Timestamp> completed_at;

    static Processing of(const StoredJob& job);
    static std::vector<Processing> all_of(const std::vector<StoredJob>& jobs);
};
BOOST_DESCRIBE_STRUCT(Processing, (),
                      (id, upload_id, user_id, transformation_type, parameters, pipeline, format, quality, status, progress,
                       attempts, error_code, error, result, processing_time_ms, created_at, started_at, completed_at))

struct UploadDetail : Upload {
    std::vector<Processing> processings;
};
BOOST_DESCRIBE_STRUCT(UploadDetail, (Upload), (processings))

struct UploadPage {
    std::vector<Upload> uploads;
    http::Pagination pagination;
};
BOOST_DESCRIBE_STRUCT(UploadPage, (), (uploads, pagination))

struct UploadState {
    Upload upload;
    std::vector<Processing> processings;
};
BOOST_DESCRIBE_STRUCT(UploadState, (), (upload, processings))

/// "photo.jpg", "grayscale" and image/png give "photo-grayscale.png".
std::string result_filename(std::string_view original, std::string_view transformation_type, std::string_view mime_type);

}  // namespace darkroom::images
