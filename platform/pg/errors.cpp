#include "platform/pg/errors.hpp"

namespace darkroom::pg {

DatabaseError::DatabaseError(std::string query, std::string sqlstate, const std::string& message)
    : std::runtime_error(query + ": " + message + " (" + sqlstate + ")"),
      query_(std::move(query)),
      sqlstate_(std::move(sqlstate)) {}

Error database_unavailable() {
    return {Kind::unavailable,
            "database_unavailable",
            "the database cannot be reached; try again shortly",
            {},
            std::chrono::seconds{1}};
}

bool is_database_unavailable(const Error& error) {
    return error.code == "database_unavailable";
}

}  // namespace darkroom::pg
