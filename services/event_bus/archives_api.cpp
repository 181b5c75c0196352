#include "services/event_bus/archives_api.hpp"

#include "platform/core/log.hpp"

namespace darkroom::event_bus {

using http::Access;
using http::Verb;

namespace {

/// A log of millions of events takes its time; who cannot wait finds the rest moved by clearing again.
constexpr Milliseconds clear_deadline = 10min;
constexpr std::int64_t download_page = 500;

Error archive_not_found() {
    return {Kind::not_found, "archive_not_found", "no such archive"};
}

/// One page of newline-delimited JSON; nullopt behind the last.
awaitable<std::optional<std::string>> next_lines(ArchivesRepository& archives, std::string id,
                                                 std::shared_ptr<std::int64_t> after) {
    const auto events = co_await archives.events(std::move(id), *after, download_page);
    if (events.empty()) co_return std::nullopt;
    std::string lines;
    for (const auto& event : events) lines += bus::to_json(event) + '\n';
    *after = events.back().position;
    co_return lines;
}

}  // namespace

const http::Endpoints<ArchivesApi>& ArchivesApi::endpoints() {
    const auto manage = Access::permission(auth::permission::events_manage);
    static const http::Endpoints<ArchivesApi> table{
        {Verb::del,
         "/events/clear",
         manage,
         &ArchivesApi::clear,
         "Move the whole log into an archive. Positions go on where they are.",
         {.deadline = clear_deadline}},
        {Verb::get, "/events/archives", manage, &ArchivesApi::list, "What was cleared, newest first."},
        {Verb::get,
         "/events/archives/{id}",
         manage,
         &ArchivesApi::download,
         "The events of one archive, oldest first, one JSON object a line.",
         {.response_type = "application/x-ndjson"}},
        {Verb::del,
         "/events/archives/{id}",
         manage,
         &ArchivesApi::remove,
         "Delete an archive for good.",
         {.deadline = clear_deadline}},
    };
    return table;
}

awaitable<http::Ok<ClearedLog>> ArchivesApi::clear(http::Context& context) {
    const auto head = co_await events_.head();
    const auto archive = co_await archives_.archive(context.caller.user_id.text(), head.position);
    log::info("the log was cleared", {{"by", context.caller.user_id.text()},
                                      {"archive", archive.id},
                                      {"events", archive.events},
                                      {"correlation_id", context.correlation_id.text()}});
    ClearedLog cleared{.archived_events = archive.events, .position = head.position};
    if (archive.events > 0) cleared.archive_id = archive.id;
    co_return http::Ok<ClearedLog>{std::move(cleared), "Log cleared"};
}

awaitable<http::Ok<ArchiveList>> ArchivesApi::list(http::Query<http::PageQuery> query) {
    const auto page = http::PageRequest::of(query->page, query->size);
    const auto total = co_await archives_.count();
    ArchiveList list{.pagination = page.with_total(total)};
    list.archives = co_await archives_.list(page.size, page.offset());
    co_return http::Ok<ArchiveList>{std::move(list), "Archives, newest first"};
}

awaitable<http::Response> ArchivesApi::download(http::Path<ArchivePath> path) {
    const auto archive = co_await archives_.find(path->id.text());
    if (!archive) fail(archive_not_found());
    http::Response response{.status = 200};
    response.headers.set("Content-Type", "application/x-ndjson");
    response.headers.set("Content-Disposition", "attachment; filename=\"events-" + archive->id + ".ndjson\"");
    const auto after = std::make_shared<std::int64_t>(0);
    response.body = http::StreamBody([this, id = archive->id, after] { return next_lines(archives_, id, after); });
    co_return response;
}

awaitable<http::Ok<>> ArchivesApi::remove(http::Context& context, http::Path<ArchivePath> path) {
    const bool removed = co_await archives_.remove(path->id.text());
    if (!removed) fail(archive_not_found());
    log::info("an archive was deleted", {{"by", context.caller.user_id.text()}, {"archive", path->id.text()}});
    co_return http::Ok<>{{}, "Archive deleted"};
}

}  // namespace darkroom::event_bus
