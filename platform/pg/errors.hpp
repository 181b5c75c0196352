// What a statement can end with, beside rows.
//
//   Failure of a ConstraintError   a rule of the domain that the schema guards said no
//   Failure "database_unavailable" (Kind::unavailable, retry after 1 s): no connection, connection lost, pool exhausted,
//   deadline
//                                  passed. Whether the statement took effect is unknown; also for a lost COMMIT.
//   DatabaseError                  anything else from the server: a bug or a broken schema
//   std::logic_error               the rows are not what the code asked for
#pragma once

#include "platform/core/error.hpp"

#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace darkroom::pg {

/// One row of the table at the top of a repository: the constraint's name in the schema and the refusal it stands for.
struct ConstraintError {
    std::string_view constraint;
    Error (*make)();
};

using ConstraintErrors = std::span<const ConstraintError>;

class DatabaseError : public std::runtime_error {
public:
    DatabaseError(std::string query, std::string sqlstate, const std::string& message);

    /// Five characters, see PostgreSQL's appendix A.
    const std::string& sqlstate() const noexcept { return sqlstate_; }
    const std::string& query() const noexcept { return query_; }
    /// Serialization failure or deadlock: the whole transaction may be run again.
    bool is_retryable() const noexcept { return sqlstate_ == "40001" || sqlstate_ == "40P01"; }

private:
    std::string query_;
    std::string sqlstate_;
};

/// The refusal that becomes 503 with Retry-After. `cause` goes to the log only, never to the client.
Error database_unavailable();
/// True for a Failure that `database_unavailable()` made.
bool is_database_unavailable(const Error& error);

}  // namespace darkroom::pg
