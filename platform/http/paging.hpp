// ?page=1&size=20 and the `pagination` object of API.md.
#pragma once

#include "platform/json/described.hpp"

namespace darkroom::http {

using PageNumber = json::Bounded<1, 1'000'000>;
using PageSize = json::Bounded<1, 100>;

/// Of lists that take nothing else.
struct PageQuery {
    std::optional<PageNumber> page;
    std::optional<PageSize> size;
};
BOOST_DESCRIBE_STRUCT(PageQuery, (), (page, size))

struct Pagination {
    std::int64_t total = 0;
    std::int64_t page = 1;
    std::int64_t size = 20;
    std::int64_t pages = 0;
    bool has_next = false;
    bool has_prev = false;
};
BOOST_DESCRIBE_STRUCT(Pagination, (), (total, page, size, pages, has_next, has_prev))

/// The page asked for: LIMIT size OFFSET offset.
struct PageRequest {
    std::int64_t page = 1;
    std::int64_t size = 20;

    static PageRequest of(const std::optional<PageNumber>& page, const std::optional<PageSize>& size) {
        return {page ? page->value : 1, size ? size->value : 20};
    }
    std::int64_t offset() const { return (page - 1) * size; }
    Pagination with_total(std::int64_t total) const {
        const auto pages = (total + size - 1) / size;
        return {total, page, size, pages, page < pages, page > 1};
    }
};

}  // namespace darkroom::http
