#include "platform/http/response.hpp"

#include "platform/core/encoding.hpp"

#include <unistd.h>

namespace darkroom::http {

namespace {

/// RFC 6266 §5 with RFC 8187: an ASCII fallback for old clients, the true name in filename*.
std::string attachment(std::string_view name) {
    std::string fallback;
    for (const char c : name) fallback += (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%') ? '_' : c;
    return "attachment; filename=\"" + fallback + "\"; filename*=UTF-8''" + percent_encode(name);
}

}  // namespace

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
}

FileHandle::~FileHandle() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Response Response::text(int status, std::string content_type, std::string body) {
    Response response{.status = status};
    response.headers.add("Content-Type", std::move(content_type));
    response.body = std::move(body);
    return response;
}

Response Response::redirect(std::string location, int status) {
    Response response{.status = status};
    response.headers.add("Location", std::move(location));
    return response;
}

Response Response::file(FileBody file, std::string content_type, std::string etag, std::optional<std::string> download_name) {
    Response response;
    response.headers.add("Content-Type", std::move(content_type));
    if (!etag.empty()) response.headers.add("ETag", '"' + etag + '"');
    if (download_name) response.headers.add("Content-Disposition", attachment(*download_name));
    response.body = std::move(file);
    return response;
}

}  // namespace darkroom::http
