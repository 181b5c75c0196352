// Programs with an API key, through the gateway and past it.
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

namespace darkroom::system_test {
namespace {

struct Key {
    std::string id;
    std::string text;
};

Key a_key(Person& owner, json::Array scopes) {
    const auto made = owner.http().post("/auth/api-keys", {{"name", "robot"}, {"scopes", std::move(scopes)}});
    EXPECT_TRUE(is_success(made)) << made.summary();
    return {made.text("data.id"), made.text("data.key")};
}

Answer with_key(std::uint16_t port, const Key& key, std::string target, std::string method = "GET", std::string body = {}) {
    Request request{.method = std::move(method), .target = std::move(target), .body = std::move(body)};
    if (!request.body.empty()) request.content_type = "application/json";
    request.headers.emplace_back("X-API-Key", key.text);
    return HttpClient(port).send(request);
}

TEST(ApiKeys, AreGoodForTheirScopesAtTheGatewayAndAtEveryService) {
    const auto& system = System::instance();
    auto owner = Person::join(system, "keyholder");
    const auto key = a_key(owner, {"images:read", "users:self", "notifications:read", "events:read_own"});
    const std::vector<std::pair<Part, std::string>> allowed{{Part::auth, "/auth/me"},
                                                            {Part::users, "/users/me"},
                                                            {Part::images, "/images"},
                                                            {Part::notifications, "/notifications"},
                                                            {Part::events, "/events"}};

    for (const auto& [service, path] : allowed) {
        for (const auto port : {system.port(Part::gateway), system.port(service)}) {
            EXPECT_TRUE(is_success(with_key(port, key, path))) << path;
        }
    }
    const auto gateway = system.port(Part::gateway);
    EXPECT_EQ(with_key(gateway, key, "/users/me").text("data.id"), owner.id());
    EXPECT_EQ(with_key(gateway, key, "/images").header("RateLimit-Limit"),
              owner.http().get("/images").header("RateLimit-Limit"));
    EXPECT_TRUE(is_problem(with_key(gateway, {"", "dk_forged"}, "/images"), 401));
    EXPECT_TRUE(is_problem(with_key(gateway, {"", "nonsense"}, "/images"), 401));
}

TEST(ApiKeys, ANarrowKeyReachesNothingElse) {
    const auto& system = System::instance();
    auto owner = Person::join(system, "narrow");
    const auto key = a_key(owner, {"images:read"});

    for (const auto* path : {"/auth/me", "/users/me", "/notifications", "/events", "/events/stats"}) {
        EXPECT_TRUE(is_problem(with_key(system.port(Part::gateway), key, path), 403)) << path;
    }
    EXPECT_TRUE(is_problem(with_key(system.port(Part::gateway), key, "/users/" + owner.id()), 403));
    EXPECT_TRUE(is_success(with_key(system.port(Part::gateway), key, "/images")));
}

TEST(ApiKeys, CannotBecomeTheAccount) {
    const auto& system = System::instance();
    auto owner = Person::join(system, "takeover");
    const auto key = a_key(owner, {"users:self"});
    const auto gateway = system.port(Part::gateway);

    const auto renamed = with_key(gateway, key, "/users/me", "PUT", R"({"full_name": "Robot"})");
    const auto mail = with_key(gateway, key, "/users/me", "PUT", R"({"email": "thief@example.org"})");
    const auto by_id = with_key(gateway, key, "/users/" + owner.id(), "PUT", R"({"email": "thief@example.org"})");

    EXPECT_TRUE(is_success(renamed)) << renamed.summary();
    EXPECT_TRUE(is_problem(mail, 403)) << mail.summary();
    EXPECT_TRUE(is_problem(by_id, 403)) << by_id.summary();
    EXPECT_TRUE(is_problem(with_key(gateway, key, "/users/me", "DELETE"), 403));
    EXPECT_TRUE(is_problem(with_key(gateway, key, "/users/" + owner.id(), "DELETE"), 403));
    EXPECT_TRUE(is_problem(with_key(gateway, key, "/users/me/export"), 403));
    EXPECT_TRUE(is_problem(with_key(gateway, key, "/auth/sessions"), 403));
    EXPECT_TRUE(is_problem(with_key(gateway, key, "/auth/api-keys"), 403));
    EXPECT_EQ(owner.http().get("/users/me").text("data.email"), owner.email());
}

TEST(ApiKeys, AreRefusedEverywhereOnceTheyAreDeleted) {
    const auto& system = System::instance();
    auto owner = Person::join(system, "withdrawn");
    const auto key = a_key(owner, {"images:read"});
    for (const auto part : {Part::gateway, Part::images}) {
        ASSERT_EQ(with_key(system.port(part), key, "/images").status, 200);
    }

    EXPECT_TRUE(is_success(owner.http().del("/auth/api-keys/" + key.id)));

    for (const auto part : {Part::gateway, Part::images}) {
        EXPECT_TRUE(eventually([&] { return with_key(system.port(part), key, "/images").status == 401; }));
    }
    EXPECT_EQ(owner.http().get("/images").status, 200) << "the person goes on";
}

TEST(ApiKeys, ABearerTokenBesideAKeyDecides) {
    const auto& system = System::instance();
    auto owner = Person::join(system, "both");
    auto other = Person::join(system, "other");
    const auto key = a_key(owner, {"users:self"});

    const auto answer = other.http().send({.target = "/users/me", .headers = {{"X-API-Key", key.text}}});

    EXPECT_EQ(answer.text("data.id"), other.id());
}

}  // namespace
}  // namespace darkroom::system_test
