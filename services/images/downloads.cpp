#include "services/images/downloads.hpp"

#include "services/images/domain/errors.hpp"

#include <sys/stat.h>

#include <system_error>

namespace darkroom::images {

namespace {

std::uint64_t size_of(int descriptor) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) throw std::system_error(errno, std::generic_category(), "fstat");
    return static_cast<std::uint64_t>(status.st_size);
}

/// A resumed download was told of when it began.
bool begins_download(const http::RequestHead& request, std::string_view etag) {
    if (request.method != "GET") return false;
    if (request.headers.get("If-None-Match").find(etag) != std::string_view::npos) return false;
    const auto range = request.headers.get("Range");
    return range.empty() || range.starts_with("bytes=0-");
}

}  // namespace

awaitable<http::FileBody> open_body(FileStore& store, std::string sha256) {
    auto file = co_await store.open(std::move(sha256));
    if (!file) fail(result_not_found());
    const auto size = size_of(file->get());
    co_return http::FileBody{http::FileHandle(file->release()), size};
}

awaitable<http::Response> Downloads::answer(http::Context& context, StoredUpload upload, Download download) {
    auto body = co_await open_body(store_, download.sha256);
    if (begins_download(context.request, download.sha256)) {
        co_await uploads_.note_download(upload, context.correlation_id.text());
    }
    auto response = http::Response::file(std::move(body), download.mime_type, download.sha256, download.filename);
    // Content never changes, but who may see it does: a cache must ask each time, and is answered 304.
    response.headers.set("Cache-Control", "private, no-cache");
    co_return response;
}

}  // namespace darkroom::images
