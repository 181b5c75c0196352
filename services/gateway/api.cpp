#include "services/gateway/api.hpp"

#include "services/gateway/documents.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace darkroom::gateway {

using http::Access;
using http::Response;
using http::Verb;

namespace {

struct DocsAsset {
    std::string_view name;
    std::string_view content_type;
};
/// Nothing else of the directory is served.
constexpr std::array<DocsAsset, 4> docs_assets{{{"swagger-ui.css", "text/css; charset=utf-8"},
                                                {"swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
                                                {"favicon-16x16.png", "image/png"},
                                                {"favicon-32x32.png", "image/png"}}};

Response tagged_document(const http::Context& context, std::string_view text) {
    const auto tag = '"' + http::etag_of(text) + '"';
    const auto known = context.request.headers.get("If-None-Match");
    const bool is_known = known == "*" || known.find(tag) != std::string_view::npos;
    auto response = is_known ? Response{.status = 304} : Response::text(200, "application/json", std::string(text));
    response.headers.set("ETag", tag);
    response.headers.set("Cache-Control", "public, no-cache");
    return response;
}

Response page(std::string_view content_type, std::string text) {
    auto response = Response::text(200, std::string(content_type), std::move(text));
    response.headers.set("Content-Security-Policy", docs_content_security);
    response.headers.set("Cache-Control", "no-cache");
    return response;
}

std::optional<http::FileBody> open_file(const std::filesystem::path& path, struct stat& facts) {
    http::FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0 || ::fstat(file.get(), &facts) != 0) return std::nullopt;
    return http::FileBody{std::move(file), static_cast<std::uint64_t>(facts.st_size)};
}

}  // namespace

const http::Endpoints<Api>& Api::endpoints() {
    static const http::Endpoints<Api> table{
        {Verb::get, "/services/health", Access::open, &Api::read_services_health, "Health of all services, asked at once."},
        {Verb::get, "/openapi.json", Access::open, &Api::read_openapi, "This document: OpenAPI 3.1 of all services."},
        {Verb::get, "/asyncapi.json", Access::open, &Api::read_asyncapi, "AsyncAPI 3.0 of the WebSockets and their events."},
        {Verb::get,
         "/docs",
         Access::open,
         &Api::read_docs,
         "The API to read and to try in a browser.",
         {.response_type = "text/html"}},
        {Verb::get,
         "/docs/{file}",
         Access::open,
         &Api::read_docs_file,
         "Scripts and styles of /docs.",
         {.response_type = "text/javascript", .internal = true}},
    };
    return table;
}

Api::Api(HealthOfServices& health, Pages pages)
    : health_(health), openapi_(json::serialize(pages.openapi)), swagger_ui_(std::move(pages.swagger_ui)) {
    docs_page_ = swagger_ui_.empty() ? plain_page(pages.openapi) : swagger_page();
}

awaitable<http::Ok<ServicesHealth>> Api::read_services_health() {
    auto services = co_await health_.read();
    const auto is_healthy = [](const auto& entry) { return entry.second.status == HealthStatus::healthy; };
    const auto healthy = std::ranges::count_if(services, is_healthy);
    auto message = fmt::format("{} of {} services are healthy", healthy, services.size());
    co_return http::Ok<ServicesHealth>{std::move(services), std::move(message)};
}

awaitable<Response> Api::read_openapi(http::Context& context) {
    co_return tagged_document(context, openapi_);
}

awaitable<Response> Api::read_asyncapi(http::Context& context) {
    co_return tagged_document(context, asyncapi_text());
}

awaitable<Response> Api::read_docs() {
    co_return page("text/html; charset=utf-8", docs_page_);
}

awaitable<Response> Api::read_docs_file(http::Path<DocsFile> path) {
    const auto& name = path->file;
    if (name == "initializer.js") co_return page("text/javascript; charset=utf-8", std::string(swagger_initializer()));
    const auto is_named = [&name](const DocsAsset& asset) { return asset.name == name; };
    const auto asset = std::ranges::find_if(docs_assets, is_named);
    struct stat facts{};
    std::optional<http::FileBody> file;
    if (asset != docs_assets.end() && !swagger_ui_.empty()) file = open_file(swagger_ui_ / name, facts);
    if (!file) fail({Kind::not_found, "not_found", "no such file of /docs: " + name});
    const auto tag = fmt::format("{:x}-{:x}", facts.st_size, facts.st_mtime);
    auto response = Response::file(std::move(*file), std::string(asset->content_type), tag, std::nullopt);
    response.headers.set("Cache-Control", "public, max-age=3600");
    co_return response;
}

}  // namespace darkroom::gateway
