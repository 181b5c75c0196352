#include "platform/pg/result_set.hpp"

#include <libpq-fe.h>

#include <charconv>
#include <stdexcept>

namespace darkroom::pg {

void ResultSet::Clear::operator()(pg_result* result) const {
    PQclear(result);
}

ResultSet::ResultSet(pg_result* result, std::string query) : result_(result), query_(std::move(query)) {}

int ResultSet::rows() const {
    return PQntuples(result_.get());
}

int ResultSet::columns() const {
    return PQnfields(result_.get());
}

int ResultSet::column(std::string_view name) const {
    for (int i = 0; i < columns(); ++i) {
        if (column_name(i) == name) return i;
    }
    throw std::logic_error(query_ + ": the rows have no column \"" + std::string(name) + '"');
}

std::string_view ResultSet::column_name(int column) const {
    return PQfname(result_.get(), column);
}

bool ResultSet::is_null(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
}

std::string_view ResultSet::text(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column), static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t ResultSet::affected() const {
    const std::string_view count = PQcmdTuples(result_.get());
    std::int64_t number = 0;
    std::from_chars(count.data(), count.data() + count.size(), number);
    return number;
}

std::string_view ResultSet::command() const {
    return PQcmdStatus(result_.get());
}

void ResultSet::refuse(int column, std::string_view what) const {
    throw std::logic_error(query_ + ": column \"" + std::string(column_name(column)) + "\" " + std::string(what));
}

void ResultSet::refuse_shape(std::string_view what) const {
    throw std::logic_error(query_ + ": " + std::string(what) + ", got " + std::to_string(rows()) + " of " +
                           std::to_string(columns()) + " columns");
}

}  // namespace darkroom::pg
