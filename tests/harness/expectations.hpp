// What API.md says of every answer.
#pragma once

#include "tests/harness/http.hpp"

#include <gtest/gtest.h>

namespace darkroom::system_test {

/// The success envelope, whole, with the correlation id in body and header.
::testing::AssertionResult is_success(const Answer& answer);
/// application/problem+json with every member and this status.
::testing::AssertionResult is_problem(const Answer& answer, int status);
/// The field of a 422's `errors`.
::testing::AssertionResult names_field(const Answer& answer, std::string_view field);
/// `data.<plural>` beside a consistent `data.pagination`.
::testing::AssertionResult is_page(const Answer& answer, std::string_view plural);

}  // namespace darkroom::system_test
