#include "services/images/processings_api.hpp"

#include "services/images/domain/errors.hpp"
#include "services/images/visibility.hpp"

namespace darkroom::images {

using auth::permission::images_read;
using auth::permission::images_write;
using http::Access;
using http::Verb;

const http::Endpoints<ProcessingsApi>& ProcessingsApi::endpoints() {
    static const http::Endpoints<ProcessingsApi> table{
        {Verb::get,
         "/images/transformations",
         Access::signed_in,
         &ProcessingsApi::list_transformations,
         "The catalogue: every transformation with its parameters' types, bounds and defaults.",
         {.etag = true}},
        {Verb::post, "/images/{upload_id}/process", Access::permission_or_service(images_write), &ProcessingsApi::process,
         "Transform an upload in the background: one transformation, or a pipeline of them. Honours Idempotency-Key."},
        {Verb::get,
         "/images/{upload_id}/download/{transformation_type}",
         Access::permission_or_service(images_read),
         &ProcessingsApi::download_newest,
         "Download the newest completed result of a transformation or a named pipeline.",
         {.response_type = "image/*"}},
        {Verb::get,
         "/images/processings/{id}",
         Access::permission_or_service(images_read),
         &ProcessingsApi::read_processing,
         "Read a processing.",
         {.etag = true}},
        {Verb::del, "/images/processings/{id}", Access::permission_or_service(images_write), &ProcessingsApi::cancel_processing,
         "Cancel a processing, also while it runs."},
        {Verb::get,
         "/images/processings/{id}/result",
         Access::permission_or_service(images_read),
         &ProcessingsApi::download_result,
         "Download the result of a processing.",
         {.response_type = "image/*"}},
    };
    return table;
}

awaitable<http::Ok<Processing>> ProcessingsApi::process(http::Context& context, http::Path<UploadPath> path,
                                                        http::Body<ProcessRequest> body) {
    if (body->user_id) context.caller.acting_for(body->user_id);
    auto recipe = parse_recipe(body.value).value();
    auto processing = co_await processings_.submit(context, path->upload_id, std::move(recipe));
    wake_.notify();
    co_return http::Ok<Processing>{std::move(processing), "Processing queued"};
}

awaitable<http::Ok<Processing>> ProcessingsApi::read_processing(http::Context& context, http::Path<ProcessingPath> path) {
    const auto job = co_await jobs_.find(path->id, visible_to(context.caller));
    if (!job) fail(processing_not_found());
    co_return http::Ok<Processing>{Processing::of(*job)};
}

awaitable<http::Ok<Processing>> ProcessingsApi::cancel_processing(http::Context& context, http::Path<ProcessingPath> path) {
    const auto job = co_await jobs_.cancel(path->id, visible_to(context.caller), context.correlation_id.text());
    runner_.call_off(job.id);
    co_return http::Ok<Processing>{Processing::of(job), "Processing cancelled"};
}

awaitable<http::Response> ProcessingsApi::download_result(http::Context& context, http::Path<ProcessingPath> path) {
    const auto owner = visible_to(context.caller);
    auto job = co_await jobs_.find(path->id, owner);
    if (!job) fail(processing_not_found());
    if (!job->result_sha256) fail(result_not_ready(json::enum_text(job->status)));
    auto upload = co_await uploads_.find(job->upload_id, owner);
    if (!upload) fail(processing_not_found());
    auto response = co_await answer_result(context, std::move(*upload), std::move(*job));
    co_return response;
}

awaitable<http::Response> ProcessingsApi::download_newest(http::Context& context, http::Path<ResultPath> path) {
    auto upload = co_await uploads_.find(path->upload_id, visible_to(context.caller));
    if (!upload) fail(upload_not_found());
    auto job = co_await jobs_.newest_completed(upload->id, path->transformation_type);
    if (!job) fail(result_not_found());
    auto response = co_await answer_result(context, std::move(*upload), std::move(*job));
    co_return response;
}

awaitable<http::Response> ProcessingsApi::answer_result(http::Context& context, StoredUpload upload, StoredJob job) {
    const auto mime_type = job.result_mime_type.value_or("application/octet-stream");
    Download download{*job.result_sha256, mime_type, result_filename(upload.filename, job.transformation_type, mime_type)};
    return downloads_.answer(context, std::move(upload), std::move(download));
}

awaitable<http::Ok<Catalogue>> ProcessingsApi::list_transformations() {
    Catalogue catalogue;
    for (const auto& row : transformations()) catalogue.transformations.push_back(describe(row));
    co_return http::Ok<Catalogue>{std::move(catalogue)};
}

}  // namespace darkroom::images
