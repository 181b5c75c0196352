// GET /internal/users/{id}/export: all that a service holds about one user, page by page, for the archive that user-service
// makes.
//
// A section is one file of the archive and one query of ($1 the user, $2 the key of the last row seen, empty at first, $3 how
// many) that gives `key` and `item` (json), rising by key in the "C" collation or as the query compares them. Sections stand in
// the service's export_repository.cpp. What nobody may read again (hashes, sealed secrets) has no place in one.
#pragma once

#include "platform/http/endpoints.hpp"
#include "platform/pg/pool.hpp"

#include <span>
#include <string>

namespace darkroom {

struct ExportSection {
    /// "sessions": the file's name in the archive.
    std::string_view name;
    pg::Query query;
};

struct ExportPath {
    UserId id{};
};
BOOST_DESCRIBE_STRUCT(ExportPath, (), (id))

struct ExportQuery {
    /// `next` of the page before.
    std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ExportQuery, (), (after))

/// What a page looks like to who reads it; written by hand, so that items stay as the database made them.
struct ExportPage {
    std::string section;
    std::vector<json::Value> items;
    /// Absent on the last page of the last section. A section has at least one page, which may be empty.
    std::optional<std::string> next;
};
BOOST_DESCRIBE_STRUCT(ExportPage, (), (section, items, next))

class UserExportApi {
public:
    /// `sections`: static, at least one.
    UserExportApi(pg::Pool& pool, std::span<const ExportSection> sections) : pool_(pool), sections_(sections) {}

    static const http::Endpoints<UserExportApi>& endpoints();

private:
    awaitable<http::Response> read_page(http::Context& context, http::Path<ExportPath> path, http::Query<ExportQuery> query);

    pg::Pool& pool_;
    std::span<const ExportSection> sections_;
};

}  // namespace darkroom
