// SQL by name. Every statement of a service is a constexpr `Query` in its repository.
#pragma once

#include <string_view>

namespace darkroom::pg {

/// `name` tags errors, slow-statement lines and metrics ("users.insert"); `sql` takes $1, $2, … and is prepared at its first
/// use on each connection. Both are literals; where `sql` is built at run time it must outlive the call.
struct Query {
    std::string_view name;
    std::string_view sql;
};

}  // namespace darkroom::pg
