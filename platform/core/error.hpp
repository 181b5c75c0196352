// Errors: a refused request is a value (`Error` in a `Result`), anything broken is an exception.
// Coroutines return plain T and call `.value()`, which throws `Failure` for an `Error` (found by ADL).
#pragma once

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom {

/// What sort of refusal it is. `http::status_of` gives each kind its one status.
enum class Kind {
    malformed,            // 400: the request itself cannot be understood
    unauthenticated,      // 401
    forbidden,            // 403
    not_found,            // 404
    method_not_allowed,   // 405
    request_timed_out,    // 408: the client was too slow with its body
    conflict,             // 409
    length_required,      // 411
    precondition_failed,  // 412
    too_large,            // 413
    unsupported_media,    // 415
    range_unsatisfiable,  // 416
    invalid,              // 422
    rate_limited,         // 429
    headers_too_large,    // 431
    upstream_failed,      // 502
    unavailable,          // 503: a dependency is away or a bound is reached; worth a retry
    timed_out,            // 504
};

/// One bad field, `field` is its path: "email", "parameters.width", "pipeline[1].sigma".
struct FieldError {
    std::string field;
    std::string message;

    bool operator==(const FieldError&) const = default;
};

/// A refusal. `code` is public contract: a literal, greppable, never renamed.
struct Error {
    Kind kind;
    std::string_view code;
    std::string detail;
    std::vector<FieldError> fields{};
    /// For rate_limited and unavailable: when a retry may succeed.
    std::optional<std::chrono::seconds> retry_after{};
};

/// Kind::invalid with the bad fields; `detail` lists them.
Error invalid_fields(std::vector<FieldError> fields);
/// Kind::invalid for a single field.
Error invalid_field(std::string field, std::string message);

template <class T>
using Result = boost::system::result<T, Error>;

/// An `Error` on its way up. Thrown by `.value()` and by `fail`, caught by the translator, the consumer loop, the task group
/// and main.
class Failure : public std::runtime_error {
public:
    explicit Failure(Error error);
    const Error& error() const noexcept { return error_; }

private:
    Error error_;
};

[[noreturn]] void fail(Error error);

/// The hook that `Result::value()` calls for an `Error`.
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& where);

}  // namespace darkroom
