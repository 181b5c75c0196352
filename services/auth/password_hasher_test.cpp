#include "services/auth/password_hasher.hpp"

#include "platform/async/runtime.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace darkroom::accounts {
namespace {

// The lowest cost bcrypt knows: these tests are about meaning, not strength.
constexpr int fast = 4;

TEST(Bcrypt, MatchesItsOwnPasswordOnly) {
    const auto hash = bcrypt_hash("correct horse", fast);

    EXPECT_TRUE(hash.starts_with("$2b$04$"));
    EXPECT_EQ(hash.size(), 60U);
    EXPECT_TRUE(bcrypt_matches("correct horse", hash));
    EXPECT_FALSE(bcrypt_matches("correct horsf", hash));
    EXPECT_FALSE(bcrypt_matches("", hash));
}

TEST(Bcrypt, SaltsEveryHash) {
    EXPECT_NE(bcrypt_hash("correct horse", fast), bcrypt_hash("correct horse", fast));
}

TEST(Bcrypt, IsNeitherCutAt72BytesNorAtNul) {
    const std::string long_one(100, 'a');
    const auto with_nul = std::string("12345678") + '\0' + "left";

    EXPECT_FALSE(bcrypt_matches(long_one.substr(0, 99), bcrypt_hash(long_one, fast)));
    EXPECT_FALSE(bcrypt_matches("12345678", bcrypt_hash(with_nul, fast)));
}

TEST(Bcrypt, RefusesWhatIsNoHash) {
    EXPECT_FALSE(bcrypt_matches("anything", ""));
    EXPECT_FALSE(bcrypt_matches("anything", "*0"));
    EXPECT_FALSE(bcrypt_matches("anything", "$2b$"));
}

awaitable<> compare_times(Runtime& runtime, double& ratio) {
    // Cost 8 takes some 15 ms: long enough to be told from noise.
    PasswordHasher hasher(runtime.cpu(), 8);
    const auto hash = co_await hasher.hash(Password::parse("correct horse").value());
    const auto start = SteadyClock::now();
    const bool wrong = co_await hasher.verify(Secret("wrong horse"), hash);
    const auto middle = SteadyClock::now();
    const bool nobody = co_await hasher.verify(Secret("wrong horse"), std::nullopt);
    const auto end = SteadyClock::now();
    EXPECT_FALSE(wrong);
    EXPECT_FALSE(nobody);
    ratio = std::chrono::duration<double>(end - middle) / std::chrono::duration<double>(middle - start);
}

TEST(PasswordHasher, TakesAsLongForNobodyAsForAWrongPassword) {
    Runtime runtime;
    double ratio = 0;

    runtime.run(compare_times(runtime, ratio));

    // A skipped bcrypt would be thousands of times faster; the bounds leave room for a busy machine.
    EXPECT_GT(ratio, 0.1);
    EXPECT_LT(ratio, 10.0);
}

TEST(PasswordHasher, NoticesAnotherCost) {
    Runtime runtime;
    const PasswordHasher hasher(runtime.cpu(), 10);

    EXPECT_TRUE(hasher.is_outdated(bcrypt_hash("correct horse", fast)));
    EXPECT_FALSE(hasher.is_outdated(bcrypt_hash("correct horse", 10)));
}

}  // namespace
}  // namespace darkroom::accounts
