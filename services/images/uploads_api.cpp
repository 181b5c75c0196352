#include "services/images/uploads_api.hpp"

#include "services/images/domain/errors.hpp"
#include "services/images/visibility.hpp"

namespace darkroom::images {

using auth::permission::images_read;
using auth::permission::images_write;
using http::Access;
using http::Verb;

namespace {

/// The bound that counts is MAX_UPLOAD_MIB; this one is above every value it may have.
constexpr std::uint64_t largest_upload = 1001ULL * 1024 * 1024;
constexpr std::size_t max_search_length = 200;

/// RFC 6838: two restricted names.
bool is_media_type(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == 0 || slash == std::string_view::npos || slash + 1 == text.size() || text.size() > 127) return false;
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$&-^_.+/";
    return text.find_first_not_of(allowed) == std::string_view::npos && text.find('/', slash + 1) == std::string_view::npos;
}

}  // namespace

const http::Endpoints<UploadsApi>& UploadsApi::endpoints() {
    static const http::Endpoints<UploadsApi> table{
        {Verb::post,
         "/images/upload",
         Access::permission_or_service(images_write),
         &UploadsApi::upload_image,
         "Upload an image: multipart/form-data with a part \"file\" and, optionally, \"user_id\". Honours Idempotency-Key.",
         // A slow line is bounded by the server's own least rate, not by this.
         {.body_limit = largest_upload, .deadline = 30min, .request_type = "multipart/form-data"}},
        {Verb::get,
         "/images",
         Access::permission_or_service(images_read),
         &UploadsApi::list_uploads,
         "List the caller's uploads.",
         {.etag = true}},
        {Verb::get,
         "/images/stats",
         Access::permission_or_service(images_read),
         &UploadsApi::read_stats,
         "Totals, jobs by status and bytes stored: the caller's, everybody's for an admin.",
         {.etag = true}},
        {Verb::get,
         "/images/{upload_id}",
         Access::permission_or_service(images_read),
         &UploadsApi::read_upload,
         "Read an upload with its processings.",
         {.etag = true}},
        {Verb::del, "/images/{upload_id}", Access::permission_or_service(images_write), &UploadsApi::delete_upload,
         "Delete an upload, its processings and their files."},
        {Verb::get,
         "/images/{upload_id}/status",
         Access::permission_or_service(images_read),
         &UploadsApi::read_status,
         "Read how the processings of an upload fare.",
         {.etag = true}},
        {Verb::get,
         "/images/{upload_id}/download",
         Access::permission_or_service(images_read),
         &UploadsApi::download_original,
         "Download the original.",
         {.response_type = "image/*"}},
    };
    return table;
}

awaitable<http::Ok<Upload>> UploadsApi::upload_image(http::Context& context, http::Query<UploadQuery> query) {
    auto upload = co_await uploads_.receive(context, query->user_id);
    co_return http::Ok<Upload>{std::move(upload), "Image uploaded"};
}

awaitable<http::Ok<UploadPage>> UploadsApi::list_uploads(http::Context& context, http::Query<UploadListQuery> query) {
    if (query->q && query->q->size() > max_search_length) fail(invalid_field("q", "must be at most 200 bytes"));
    if (query->mime_type && !is_media_type(*query->mime_type))
        fail(invalid_field("mime_type", "must be a media type such as image/png"));
    const UploadFilter filter{context.caller.acting_for(query->user_id), query->q, query->mime_type};
    const auto page = http::PageRequest::of(query->page, query->size);
    const auto stored = co_await repository_.list(filter, query->sort.value_or(UploadSort::newest_first()), page);
    const auto total = co_await repository_.count(filter);
    UploadPage answer{{}, page.with_total(total)};
    for (const auto& upload : stored) answer.uploads.push_back(Upload::of(upload));
    co_return http::Ok<UploadPage>{std::move(answer)};
}

awaitable<http::Ok<UploadDetail>> UploadsApi::read_upload(http::Context& context, http::Path<UploadPath> path) {
    const auto upload = co_await repository_.find(path->upload_id, visible_to(context.caller));
    if (!upload) fail(upload_not_found());
    const auto jobs = co_await jobs_.of_upload(upload->id);
    UploadDetail detail;
    static_cast<Upload&>(detail) = Upload::of(*upload);
    detail.processings = Processing::all_of(jobs);
    co_return http::Ok<UploadDetail>{std::move(detail)};
}

awaitable<http::Ok<UploadState>> UploadsApi::read_status(http::Context& context, http::Path<UploadPath> path) {
    const auto upload = co_await repository_.find(path->upload_id, visible_to(context.caller));
    if (!upload) fail(upload_not_found());
    const auto jobs = co_await jobs_.of_upload(upload->id);
    UploadState state{Upload::of(*upload), Processing::all_of(jobs)};
    co_return http::Ok<UploadState>{std::move(state)};
}

awaitable<http::Ok<>> UploadsApi::delete_upload(http::Context& context, http::Path<UploadPath> path) {
    co_await uploads_.remove(path->upload_id, visible_to(context.caller), context.correlation_id.text());
    co_return http::Ok<>{.message = "Image deleted"};
}

awaitable<http::Response> UploadsApi::download_original(http::Context& context, http::Path<UploadPath> path) {
    const auto upload = co_await repository_.find(path->upload_id, visible_to(context.caller));
    if (!upload) fail(upload_not_found());
    Download download{upload->sha256, upload->mime_type, upload->filename};
    auto response = co_await downloads_.answer(context, *upload, std::move(download));
    co_return response;
}

awaitable<http::Ok<ImageStats>> UploadsApi::read_stats(http::Context& context, http::Query<StatsQuery> query) {
    const auto owner = query->user_id ? Visibility(context.caller.acting_for(query->user_id)) : visible_to(context.caller);
    const auto uploads = co_await statistics_.uploads(owner);
    const auto jobs = co_await statistics_.jobs(owner);
    ImageStats stats;
    stats.total_uploads = uploads.uploads;
    stats.total_processings = jobs.queued + jobs.processing + jobs.completed + jobs.failed + jobs.cancelled;
    stats.jobs_by_status = {jobs.queued, jobs.processing, jobs.completed, jobs.failed, jobs.cancelled};
    stats.bytes_stored = uploads.bytes + jobs.bytes;
    stats.storage = co_await storage_of(context.caller, owner);
    co_return http::Ok<ImageStats>{std::move(stats)};
}

awaitable<Storage> UploadsApi::storage_of(const auth::Caller& caller, Visibility owner) {
    Storage storage;
    if (!owner) {
        storage.used_bytes = co_await usage_.total();
        co_return storage;
    }
    std::optional<Quota> own;
    if (*owner == caller.user_id) own = quotas_.of(caller.role);
    const auto usage = co_await usage_.of(*owner, own);
    storage.used_bytes = usage.used_bytes;
    storage.limit_bytes = usage.limit_bytes;
    co_return storage;
}

}  // namespace darkroom::images
