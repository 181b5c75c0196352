// Running a test body that awaits.
//
//     TEST(Users, AreStored) {
//         testing::PgDatabase database("users", {bus::migrations(), users::migrations()});
//         testing::run(
//             [](Runtime& runtime, testing::PgDatabase& db) -> awaitable<> {
//                 pg::Pool pool(runtime.executor(), runtime.cpu(), {.url = db.url()});
//                 EXPECT_EQ(co_await pool.one<std::int64_t>(count_users), 0);
//             },
//             database);
//     }
//
// ASSERT_* contains `return` and does not compile in a coroutine: use EXPECT_*, or `testing::require(condition, "what")`, which
// throws and so ends the test as failed. `co_await` inside EXPECT_* is fine with clang; name the value first where it is not
// simple.
#pragma once

#include "platform/async/deadline.hpp"
#include "platform/async/runtime.hpp"

#include <functional>
#include <source_location>
#include <string_view>
#include <type_traits>

namespace darkroom::testing {

inline constexpr Milliseconds test_deadline = 60s;

/// Throws std::runtime_error naming the place when `condition` is false.
void require(bool condition, std::string_view what, std::source_location where = std::source_location::current());

/// `body(runtime, args...)` on a fresh Runtime, to its end or the deadline. The body must not capture: what it needs is passed.
template <class Body, class... Args>
void run(Body body, Args&... args) {
    static_assert(std::is_empty_v<Body> || std::is_pointer_v<Body>,
                  "a capturing lambda must not be a coroutine: pass arguments");
    Runtime runtime;
    runtime.run(with_deadline(test_deadline, "the test", body(runtime, args...)));
}

/// Polls until `holds()` is true, at most `limit`; false if it never was. Instead of sleeping.
awaitable<bool> eventually(std::function<bool()> holds, Milliseconds limit = 10s);

/// The same for a condition that awaits; `holds` is called again and again and must not be a capturing coroutine lambda (a
/// lambda that returns another coroutine's awaitable is fine).
awaitable<bool> eventually_async(std::function<awaitable<bool>()> holds, Milliseconds limit = 10s);

}  // namespace darkroom::testing
