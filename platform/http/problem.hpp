// RFC 9457: the one translation from what went wrong to application/problem+json.
#pragma once

#include "platform/http/response.hpp"

#include <exception>
#include <string_view>

namespace darkroom::http {

/// A `Failure` becomes its problem; anything else is logged with its cause and answered 500 without it (database errors that
/// mean "unavailable" come as Failure already). Adds WWW-Authenticate (RFC 6750) to 401 and 403, Retry-After to 429 and 503.
Response problem_from(std::exception_ptr error, std::string_view correlation_id);
Response problem_of(const Error& error, std::string_view correlation_id);

}  // namespace darkroom::http
