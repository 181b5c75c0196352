// What is stored of uploads and processings.
#pragma once

#include "platform/core/ids.hpp"
#include "platform/json/described.hpp"
#include "services/images/domain/job.hpp"

#include <optional>
#include <string>

namespace darkroom::images {

struct UploadTag {};
struct ProcessingTag {};
using UploadId = Id<UploadTag>;
using ProcessingId = Id<ProcessingTag>;

/// A row of images.uploads.
struct StoredUpload {
    UploadId id;
    UserId user_id;
    std::string filename;
    std::int64_t file_size = 0;
    std::string mime_type;
    /// After EXIF orientation.
    int width = 0;
    int height = 0;
    int frames = 1;
    bool has_alpha = false;
    std::string sha256;
    Timestamp created_at{};
};
BOOST_DESCRIBE_STRUCT(StoredUpload, (),
                      (id, user_id, filename, file_size, mime_type, width, height, frames, has_alpha, sha256, created_at))

/// A row of images.jobs.
struct StoredJob {
    ProcessingId id;
    UploadId upload_id;
    UserId user_id;
    std::string source_sha256;
    /// Or the pipeline's name.
    std::string transformation_type;
    /// A Recipe as canonical JSON.
    std::string recipe;
    bool is_pipeline = false;
    JobStatus status = JobStatus::queued;
    int progress = 0;
    /// The fence: only the attempt that holds the lease may change the row.
    int attempts = 0;
    int crashes = 0;
    std::optional<std::string> error_code;
    std::optional<std::string> error;
    std::optional<std::string> result_sha256;
    std::optional<std::int64_t> result_size;
    std::optional<std::string> result_mime_type;
    std::optional<int> result_width;
    std::optional<int> result_height;
    std::string correlation_id;
    Timestamp created_at{};
    std::optional<Timestamp> started_at;
    std::optional<Timestamp> finished_at;
};
BOOST_DESCRIBE_STRUCT(StoredJob, (),
                      (id, upload_id, user_id, source_sha256, transformation_type, recipe, is_pipeline, status, progress,
                       attempts, crashes, error_code, error, result_sha256, result_size, result_mime_type, result_width,
                       result_height, correlation_id, created_at, started_at, finished_at))

/// From the start of the work to its end; nullopt before.
std::optional<std::int64_t> processing_time_ms(const StoredJob& job);

}  // namespace darkroom::images
