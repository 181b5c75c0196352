#include "services/images/export_api.hpp"

#include "services/images/domain/errors.hpp"
#include "services/images/downloads.hpp"

namespace darkroom::images {

const http::Endpoints<ExportApi>& ExportApi::endpoints() {
    static const http::Endpoints<ExportApi> table{
        {http::Verb::get,
         "/internal/users/{id}/export/files/{sha256}",
         http::Access::service,
         &ExportApi::read_file,
         "Read a file of a user.",
         {.response_type = "application/octet-stream", .internal = true}},
    };
    return table;
}

awaitable<http::Response> ExportApi::read_file(http::Context& context, http::Path<ExportFilePath> path) {
    if (context.caller.service != "user-service") fail({Kind::forbidden, "forbidden", "this call is for another service"});
    const bool known = co_await repository_.has_file(path->id, path->sha256);
    if (!known) fail(result_not_found());
    auto body = co_await open_body(store_, path->sha256);
    co_return http::Response::file(std::move(body), "application/octet-stream", path->sha256, std::nullopt);
}

}  // namespace darkroom::images
