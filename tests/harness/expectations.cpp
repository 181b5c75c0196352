#include "tests/harness/expectations.hpp"

#include <regex>

namespace darkroom::system_test {

namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

bool is_timestamp(const std::string& text) {
    static const std::regex rfc3339("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z");
    return std::regex_match(text, rfc3339);
}

AssertionResult refuse(const Answer& answer, std::string_view what) {
    return AssertionFailure() << what << " in " << answer.summary();
}

}  // namespace

AssertionResult is_success(const Answer& answer) {
    if (answer.status != 200) return refuse(answer, "no 200");
    if (!answer.header("Content-Type").starts_with("application/json")) return refuse(answer, "no application/json");
    if (answer.text("success") != "true") return refuse(answer, "no success:true");
    if (!dig(answer.document(), "message").is_string()) return refuse(answer, "no message");
    const auto* object = answer.document().if_object();
    if (object == nullptr || !object->contains("data")) return refuse(answer, "no data");
    if (!is_timestamp(answer.text("timestamp"))) return refuse(answer, "no timestamp");
    if (answer.text("correlation_id").empty()) return refuse(answer, "no correlation_id");
    if (answer.text("correlation_id") != answer.header("X-Correlation-ID")) return refuse(answer, "another X-Correlation-ID");
    return AssertionSuccess();
}

AssertionResult is_problem(const Answer& answer, int status) {
    if (answer.status != status) return refuse(answer, "no " + std::to_string(status));
    if (!answer.header("Content-Type").starts_with("application/problem+json")) return refuse(answer, "no problem+json");
    if (answer.text("type").find("/problems/") == std::string::npos) return refuse(answer, "no type");
    if (answer.text("title").empty()) return refuse(answer, "no title");
    if (answer.number("status") != status) return refuse(answer, "another status");
    if (answer.text("detail").empty()) return refuse(answer, "no detail");
    if (answer.text("success") != "false") return refuse(answer, "no success:false");
    if (answer.text("message") != answer.text("detail")) return refuse(answer, "message is not detail");
    if (answer.text("correlation_id").empty()) return refuse(answer, "no correlation_id");
    if (answer.text("correlation_id") != answer.header("X-Correlation-ID")) return refuse(answer, "another X-Correlation-ID");
    return AssertionSuccess();
}

AssertionResult names_field(const Answer& answer, std::string_view field) {
    const auto* errors = dig(answer.document(), "errors").if_array();
    if (errors == nullptr) return refuse(answer, "no errors");
    for (const auto& error : *errors) {
        if (text_at(error, "field") == field && !text_at(error, "message").empty()) return AssertionSuccess();
    }
    return refuse(answer, "no error for " + std::string(field));
}

AssertionResult is_page(const Answer& answer, std::string_view plural) {
    if (auto success = is_success(answer); !success) return success;
    const auto* list = dig(answer.document(), "data." + std::string(plural)).if_array();
    if (list == nullptr) return refuse(answer, "no data." + std::string(plural));
    const auto total = answer.number("data.pagination.total");
    const auto page = answer.number("data.pagination.page");
    const auto size = answer.number("data.pagination.size");
    const auto pages = answer.number("data.pagination.pages");
    if (total < 0 || page < 1 || size < 1) return refuse(answer, "no pagination");
    if (pages != (total + size - 1) / size) return refuse(answer, "pages does not fit total and size");
    if (answer.text("data.pagination.has_next") != (page < pages ? "true" : "false"))
        return refuse(answer, "has_next is wrong");
    if (answer.text("data.pagination.has_prev") != (page > 1 ? "true" : "false")) return refuse(answer, "has_prev is wrong");
    if (static_cast<std::int64_t>(list->size()) > size) return refuse(answer, "more than size");
    return AssertionSuccess();
}

}  // namespace darkroom::system_test
