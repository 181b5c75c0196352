#include "services/auth/secret_box.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace darkroom::accounts {
namespace {

const Secret a_key{"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"};

TEST(SecretBox, OpensWhatItSealedForTheSameThingOnly) {
    const SecretBox box(a_key);
    const auto sealed = box.seal("the secret", "account-1");

    EXPECT_EQ(box.open(sealed, "account-1")->reveal(), "the secret");
    EXPECT_FALSE(box.open(sealed, "account-2"));
    auto changed = sealed;
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(box.open(changed, "account-1"));
    EXPECT_FALSE(box.open("", "account-1"));
    EXPECT_FALSE(SecretBox(Secret("ZZECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")).open(sealed, "account-1"));
    EXPECT_NE(box.seal("the secret", "account-1"), sealed) << "a nonce is used once";
}

TEST(SecretBox, RefusesAKeyOfAnotherSize) {
    EXPECT_THROW(SecretBox(Secret("c2hvcnQ=")), std::runtime_error);
    EXPECT_THROW(SecretBox(Secret("")), std::runtime_error);
}

}  // namespace
}  // namespace darkroom::accounts
