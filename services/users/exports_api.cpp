#include "services/users/exports_api.hpp"

#include "services/users/domain/errors.hpp"

#include <fmt/format.h>

namespace darkroom::users {

using http::Access;
using http::Verb;

namespace {

/// Each reads all services and sends as fast as its client takes it.
constexpr long max_exports = 4;

http::StreamBody pieces_of(std::shared_ptr<Archive> archive, std::shared_ptr<int> running) {
    return [archive = std::move(archive), running = std::move(running)] { return archive->next(); };
}

}  // namespace

const http::Endpoints<ExportsApi>& ExportsApi::endpoints() {
    static const http::Endpoints<ExportsApi> table{
        {Verb::get,
         "/users/me/export",
         Access::session,
         &ExportsApi::export_own,
         "All that the system holds about the caller, as a zip archive with a folder a service.",
         {.response_type = "application/zip"}},
    };
    return table;
}

awaitable<http::Response> ExportsApi::export_own(http::Context& context) {
    if (running_.use_count() > max_exports) fail(exports_busy());
    auto running = running_;
    const ExportSubject subject{context.caller.user_id, context.correlation_id.text(), context.traceparent};
    const auto profile = co_await profiles_.own(context.caller);
    std::vector<ExportPage> first_pages;
    for (const auto& source : client_.sources()) {
        auto page = co_await client_.page(source, subject, std::nullopt);
        first_pages.push_back(std::move(page));
    }
    auto archive = std::make_shared<Archive>(client_, subject, profile, std::move(first_pages));
    http::Response response;
    response.headers.set("Content-Type", "application/zip");
    response.headers.set("Content-Disposition", fmt::format(R"(attachment; filename="darkroom-{}-{}.zip")",
                                                            profile.username.text(), to_rfc3339(now()).substr(0, 10)));
    response.headers.set("Cache-Control", "no-store");
    response.body = pieces_of(std::move(archive), std::move(running));
    co_return response;
}

}  // namespace darkroom::users
