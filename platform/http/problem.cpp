#include "platform/http/problem.hpp"

#include "platform/core/log.hpp"
#include "platform/json/described.hpp"

#include <fmt/format.h>

namespace darkroom::http {

namespace {

/// What is asked of a client that is told "unavailable" without a better estimate.
constexpr std::chrono::seconds default_retry_after{1};

std::string challenge_of(const Error& error) {
    // RFC 6750 §3.1: only a bad token says so. A missing one, or a wrong password, is answered by the bare scheme.
    const bool bad_token = error.code == "invalid_token" || error.code == "session_revoked";
    if (error.kind == Kind::unauthenticated && !bad_token) return "Bearer";
    // Nothing in `detail` needs quoting, but make sure.
    std::string description;
    for (const char c : error.detail) description += (c == '"' || c == '\\' || c < ' ' || c > '~') ? '\'' : c;
    const auto* code = error.kind == Kind::forbidden ? "insufficient_scope" : "invalid_token";
    return fmt::format(R"(Bearer error="{}", error_description="{}")", code, description);
}

std::string_view title_of(const Error& error) {
    if (error.code == "validation") return "Validation failed";
    return reason_of(status_of(error.kind));
}

Response write_problem(const Error& error, std::string_view correlation_id) {
    const auto status = status_of(error.kind);
    json::Object problem{{"type", fmt::format("/problems/{}", error.code)},
                         {"title", boost::json::string(title_of(error))},
                         {"status", status},
                         {"detail", error.detail},
                         {"success", false},
                         {"message", error.detail},
                         {"code", boost::json::string(error.code)},
                         {"correlation_id", boost::json::string(correlation_id)},
                         {"timestamp", to_rfc3339(now())}};
    if (!error.fields.empty()) {
        json::Array errors;
        for (const auto& [field, message] : error.fields) errors.push_back({{"field", field}, {"message", message}});
        problem.emplace("errors", std::move(errors));
    }
    auto response = Response::text(status, "application/problem+json", json::serialize(problem));
    if (error.kind == Kind::unauthenticated) response.headers.set("WWW-Authenticate", challenge_of(error));
    if (error.kind == Kind::forbidden) response.headers.set("WWW-Authenticate", challenge_of(error));
    if (error.retry_after || error.kind == Kind::unavailable || error.kind == Kind::rate_limited) {
        const auto after = error.retry_after.value_or(default_retry_after);
        response.headers.set("Retry-After", std::to_string(after.count()));
    }
    return response;
}

}  // namespace

Response problem_of(const Error& error, std::string_view correlation_id) {
    return write_problem(error, correlation_id);
}

Response problem_from(std::exception_ptr error, std::string_view correlation_id) {
    try {
        std::rethrow_exception(error);
    } catch (const Failure& failure) {
        return write_problem(failure.error(), correlation_id);
    } catch (const std::exception& exception) {
        log::error("request failed", {{"error", exception.what()}, {"correlation_id", correlation_id}});
    }
    auto response = Response::text(
        500, "application/problem+json",
        json::serialize(json::Object{{"type", "/problems/internal"},
                                     {"title", "Internal Server Error"},
                                     {"status", 500},
                                     {"detail", "something went wrong on our side; the correlation id finds it in the logs"},
                                     {"success", false},
                                     {"message", "something went wrong on our side; the correlation id finds it in the logs"},
                                     {"code", "internal"},
                                     {"correlation_id", boost::json::string(correlation_id)},
                                     {"timestamp", to_rfc3339(now())}}));
    return response;
}

}  // namespace darkroom::http
