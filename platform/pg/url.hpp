// DATABASE_URL: what libpq reads, and two parameters of ours.
//
//     postgresql://user@pooler:6432/darkroom?pgbouncer=true&direct=db:5432
//
// pgbouncer=true   a transaction pooler stands in between: sessions keep nothing, statements are not prepared by name
// direct           the server behind the pooler, for LISTEN, migrations and roles
#pragma once

#include <string>

namespace darkroom::pg {

struct DatabaseUrl {
    /// For libpq.
    std::string conninfo;
    bool pooled = false;
    /// To the server itself, for libpq; empty when there is a pooler and nobody said what is behind it.
    std::string direct;

    /// Throws std::invalid_argument when it cannot be read. libpq's "key=value" form is passed on as it is.
    static DatabaseUrl parse(const std::string& url);
    /// `direct`, for what a pooler cannot carry. Throws std::invalid_argument when it is not known.
    const std::string& for_administration() const;
};

}  // namespace darkroom::pg
