#include "services/images/views.hpp"

namespace darkroom::images {

Upload Upload::of(const StoredUpload& stored) {
    Upload upload;
    upload.id = stored.id.text();
    upload.user_id = stored.user_id.text();
    upload.filename = stored.filename;
    upload.file_size = stored.file_size;
    upload.mime_type = stored.mime_type;
    upload.width = stored.width;
    upload.height = stored.height;
    upload.frames = stored.frames;
    upload.has_alpha = stored.has_alpha;
    upload.sha256 = stored.sha256;
    upload.created_at = stored.created_at;
    return upload;
}

Processing Processing::of(const StoredJob& job) {
    Processing processing;
    processing.id = job.id.text();
    processing.upload_id = job.upload_id.text();
    processing.user_id = job.user_id.text();
    processing.transformation_type = job.transformation_type;
    auto recipe = json::decode_json<Recipe>(job.recipe).value();
    processing.format = recipe.format;
    processing.quality = recipe.quality;
    if (job.is_pipeline) {
        processing.pipeline = std::move(recipe.steps);
    } else {
        processing.parameters = std::move(recipe.steps.at(0).parameters);
    }
    processing.status = job.status;
    processing.progress = job.progress;
    processing.attempts = job.attempts;
    processing.error_code = job.error_code;
    processing.error = job.error;
    if (job.result_sha256) {
        processing.result = ProcessingResult{job.result_mime_type.value_or(""), job.result_width.value_or(0),
                                             job.result_height.value_or(0), job.result_size.value_or(0), *job.result_sha256};
    }
    processing.processing_time_ms = images::processing_time_ms(job);
    processing.created_at = job.created_at;
    processing.started_at = job.started_at;
    processing.completed_at = job.finished_at;
    return processing;
}

std::vector<Processing> Processing::all_of(const std::vector<StoredJob>& jobs) {
    std::vector<Processing> all;
    all.reserve(jobs.size());
    for (const auto& job : jobs) all.push_back(of(job));
    return all;
}

std::string result_filename(std::string_view original, std::string_view transformation_type, std::string_view mime_type) {
    const auto stem = original.substr(0, original.rfind('.'));
    const auto format = format_from_mime(mime_type);
    const std::string_view extension = format ? facts_of(*format).extension : "bin";
    return fmt::format("{}-{}.{}", stem.empty() ? "image" : stem, transformation_type, extension);
}

}  // namespace darkroom::images
