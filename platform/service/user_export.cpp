#include "platform/service/user_export.hpp"

#include <algorithm>

namespace darkroom {

namespace {

constexpr std::string_view reader = "user-service";
constexpr std::int64_t page_rows = 200;
/// A page ends behind the row that passes this.
constexpr std::size_t page_bytes = 1024 * 1024;

struct Row {
    std::string key;
    std::string item;
};
BOOST_DESCRIBE_STRUCT(Row, (), (key, item))

/// "<section>:<key of the last row>"
struct Position {
    std::span<const ExportSection>::iterator section;
    std::string key;
};

Position position_of(std::span<const ExportSection> sections, const std::optional<std::string>& after) {
    if (!after) return {sections.begin(), {}};
    const auto colon = after->find(':');
    const auto name = std::string_view(*after).substr(0, colon);
    const auto section = std::ranges::find(sections, name, &ExportSection::name);
    if (colon == std::string::npos || section == sections.end()) fail(invalid_field("after", "is of no page"));
    return {section, after->substr(colon + 1)};
}

}  // namespace

const http::Endpoints<UserExportApi>& UserExportApi::endpoints() {
    static const http::Endpoints<UserExportApi> table{
        {http::Verb::get,
         "/internal/users/{id}/export",
         http::Access::service,
         &UserExportApi::read_page,
         "Read all that is held about a user, page by page.",
         {.internal = true}},
    };
    return table;
}

awaitable<http::Response> UserExportApi::read_page(http::Context& context, http::Path<ExportPath> path,
                                                   http::Query<ExportQuery> query) {
    if (context.caller.service != reader) fail({Kind::forbidden, "forbidden", "this call is for another service"});
    auto [section, key] = position_of(sections_, query->after);
    const auto rows = co_await pool_.all<Row>(section->query, path->id, key, page_rows);
    std::string items;
    bool whole = std::ssize(rows) < page_rows;
    for (const auto& row : rows) {
        if (items.size() > page_bytes) {
            whole = false;
            break;
        }
        if (!items.empty()) items += ',';
        items += row.item;
        key = row.key;
    }
    std::optional<std::string> next;
    if (!whole) next = std::string(section->name) + ':' + key;
    if (whole && section + 1 != sections_.end()) next = std::string((section + 1)->name) + ':';
    const json::Value rest =
        json::Object{{"section", boost::json::string(section->name)}, {"next", next ? json::Value(*next) : json::Value()}};
    auto head = json::serialize(rest);
    head.pop_back();
    co_return http::raw_envelope(context, head + R"(,"items":[)" + items + "]}", "Export page");
}

}  // namespace darkroom
