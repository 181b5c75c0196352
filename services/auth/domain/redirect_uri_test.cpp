#include "services/auth/domain/redirect_uri.hpp"

#include <gtest/gtest.h>

namespace darkroom::accounts {
namespace {

TEST(RedirectUri, IsHttpsOrOnThisMachineOrOfAPrivateScheme) {
    for (const auto* good : {"https://app.example.org/cb", "https://app.example.org:8443/cb?x=1", "http://127.0.0.1/cb",
                             "http://[::1]:3000/cb", "http://localhost:5173/cb", "org.example.app:/cb"}) {
        EXPECT_TRUE(RedirectUri::parse(good)) << good;
    }
    for (const auto* bad :
         {"", "/cb", "http://app.example.org/cb", "javascript:alert(1)", "data:text/html,x", "https://app.example.org/cb#f",
          "https://", "https://user@app.example.org/", "https://app.example.org:1@evil.example/", "http://127.0.0.1:1@evil/",
          "http://127.0.0.1.evil.example/", "https://a b/", "https://a;b/", "HTTPS://app.example.org/", "https://a/\"x",
          "https://app.example.org\\@evil.example/"}) {
        EXPECT_FALSE(RedirectUri::parse(bad)) << bad;
    }
}

TEST(RedirectUri, IsComparedExactly) {
    EXPECT_TRUE(is_same_redirect("https://app.example.org/cb", "https://app.example.org/cb"));
    for (const auto* other : {"https://app.example.org/cb/", "https://app.example.org/cb?x", "https://app.example.org:443/cb",
                              "https://APP.example.org/cb", "http://app.example.org/cb", ""}) {
        EXPECT_FALSE(is_same_redirect("https://app.example.org/cb", other)) << other;
    }
}

TEST(RedirectUri, ThePortOfALoopbackAddressIsFreeAndNothingElse) {
    EXPECT_TRUE(is_same_redirect("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb"));
    EXPECT_TRUE(is_same_redirect("http://[::1]:1/cb", "http://[::1]:49152/cb"));
    for (const auto* other : {"http://127.0.0.1:1@evil.example/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:1/other",
                              "https://127.0.0.1:1/cb", "http://127.0.0.2:1/cb", "http://127.0.0.1.evil.example:1/cb"}) {
        EXPECT_FALSE(is_same_redirect("http://127.0.0.1/cb", other)) << other;
    }
    EXPECT_FALSE(is_same_redirect("http://localhost/cb", "http://localhost:8080/cb")) << "a name, not an address";
}

TEST(RedirectUri, NamesTheTargetOfAForm) {
    EXPECT_EQ(form_target_of("https://app.example.org:8443/cb?x=1"), "https://app.example.org:8443");
    EXPECT_EQ(form_target_of("org.example.app:/cb"), "org.example.app:");
}

TEST(RedirectUri, TakesFurtherParametersEncoded) {
    EXPECT_EQ(with_parameters("https://a/cb", {{"code", "x y"}, {"state", "&"}}), "https://a/cb?code=x%20y&state=%26");
    EXPECT_EQ(with_parameters("https://a/cb?z=1", {{"code", "x"}}), "https://a/cb?z=1&code=x");
}

}  // namespace
}  // namespace darkroom::accounts
