#include "platform/core/error.hpp"

namespace darkroom {

namespace {

std::string describe(const std::vector<FieldError>& fields) {
    std::string text;
    for (const auto& [field, message] : fields) {
        if (!text.empty()) text += "; ";
        text += field.empty() ? message : field + ": " + message;
    }
    return text;
}

}  // namespace

Error invalid_fields(std::vector<FieldError> fields) {
    auto detail = describe(fields);
    return {Kind::invalid, "validation", std::move(detail), std::move(fields)};
}

Error invalid_field(std::string field, std::string message) {
    return invalid_fields({{std::move(field), std::move(message)}});
}

Failure::Failure(Error error) : std::runtime_error(error.detail), error_(std::move(error)) {}

void fail(Error error) {
    throw Failure(std::move(error));
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
    throw Failure(error);
}

}  // namespace darkroom
