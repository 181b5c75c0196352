// The rows a statement returned, and their mapping to described structs by column name.
#pragma once

#include "platform/pg/parameters.hpp"
#include "platform/pg/query.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct pg_result;

namespace darkroom::pg {

class ResultSet {
public:
    /// No rows, no columns.
    ResultSet() = default;
    /// Takes ownership.
    ResultSet(pg_result* result, std::string query);

    int rows() const;
    int columns() const;
    /// std::logic_error naming query and column when there is none of that name.
    int column(std::string_view name) const;
    std::string_view column_name(int column) const;
    bool is_null(int row, int column) const;
    /// Lives as long as this object. Empty for NULL.
    std::string_view text(int row, int column) const;
    /// Rows inserted, updated, deleted or selected.
    std::int64_t affected() const;
    /// "COMMIT", "INSERT 0 1", …
    std::string_view command() const;
    const std::string& query() const { return query_; }

    /// std::logic_error: a value that the field's type cannot hold.
    [[noreturn]] void refuse(int column, std::string_view what) const;
    /// std::logic_error: another number of rows or columns than the caller said.
    [[noreturn]] void refuse_shape(std::string_view what) const;

private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
    std::string query_;
};

template <class T>
T decode_text(std::string_view text, const ResultSet& set, int column) {
    if constexpr (std::same_as<T, std::string>) {
        return std::string(text);
    } else if constexpr (std::same_as<T, bool>) {
        if (text != "t" && text != "f") set.refuse(column, "is no bool");
        return text == "t";
    } else if constexpr (std::integral<T> || std::floating_point<T>) {
        T number{};
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc{} || end != text.data() + text.size()) set.refuse(column, "does not fit the number");
        return number;
    } else if constexpr (std::same_as<T, Timestamp>) {
        auto time = parse_rfc3339(text);
        if (!time) set.refuse(column, "is no timestamptz");
        return *time;
    } else if constexpr (std::same_as<T, json::Object> || std::same_as<T, json::Value>) {
        auto value = json::parse(text);
        if (!value) set.refuse(column, "is no JSON");
        if constexpr (std::same_as<T, json::Value>) {
            return std::move(*value);
        } else {
            if (!value->is_object()) set.refuse(column, "is no JSON object");
            return std::move(value->get_object());
        }
    } else if constexpr (json::is_vector<T>) {
        T elements;
        for (auto& element : parse_array(text)) {
            if (!element) set.refuse(column, "has a NULL element");
            elements.push_back(decode_text<typename T::value_type>(*element, set, column));
        }
        return elements;
    } else if constexpr (json::DescribedEnum<T>) {
        const auto found = json::enum_from<T>(text);
        if (!found) set.refuse(column, "is no name of the enumeration");
        return *found;
    } else if constexpr (requires { T::trusted(std::string()); }) {
        return T::trusted(std::string(text));
    } else {
        static_assert(json::ParsedText<T>, "cannot be read from a column");
        auto parsed = T::parse(text);
        if (!parsed) set.refuse(column, "is refused by its value type");
        return std::move(*parsed);
    }
}

template <class T>
T decode_cell(const ResultSet& set, int row, int column) {
    if constexpr (json::is_optional<T>) {
        if (set.is_null(row, column)) return std::nullopt;
        return decode_text<typename T::value_type>(set.text(row, column), set, column);
    } else {
        if (set.is_null(row, column)) set.refuse(column, "is NULL");
        return decode_text<T>(set.text(row, column), set, column);
    }
}

/// A described struct takes each member from the column of that name (more columns may be there); any other type takes the only
/// column.
template <class Row>
std::vector<Row> decode_rows(const ResultSet& set) {
    std::vector<Row> rows;
    rows.reserve(static_cast<std::size_t>(set.rows()));
    if constexpr (json::DescribedStruct<Row> && !json::ParsedText<Row>) {
        std::vector<int> columns;
        boost::mp11::mp_for_each<json::MembersOf<Row>>([&](auto member) { columns.push_back(set.column(member.name)); });
        for (int row = 0; row < set.rows(); ++row) {
            Row decoded{};
            std::size_t at = 0;
            boost::mp11::mp_for_each<json::MembersOf<Row>>([&](auto member) {
                using Field = std::remove_cvref_t<decltype(decoded.*member.pointer)>;
                decoded.*member.pointer = decode_cell<Field>(set, row, columns[at++]);
            });
            rows.push_back(std::move(decoded));
        }
    } else {
        if (set.columns() != 1) set.refuse_shape("a scalar needs exactly one column");
        for (int row = 0; row < set.rows(); ++row) rows.push_back(decode_cell<Row>(set, row, 0));
    }
    return rows;
}

template <class Row>
std::optional<Row> decode_maybe(const ResultSet& set) {
    if (set.rows() > 1) set.refuse_shape("at most one row was expected");
    auto rows = decode_rows<Row>(set);
    if (rows.empty()) return std::nullopt;
    return std::move(rows.front());
}

template <class Row>
Row decode_one(const ResultSet& set) {
    if (set.rows() != 1) set.refuse_shape("exactly one row was expected");
    auto rows = decode_rows<Row>(set);
    return std::move(rows.front());
}

}  // namespace darkroom::pg
