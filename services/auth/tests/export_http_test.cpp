// What the archive of a user's data gets from here.
#include "services/auth/tests/auth_under_test.hpp"

#include <map>

namespace darkroom::accounts {
namespace {

constexpr const char* user_service = "service:user-service";

/// Items by section, over all pages.
awaitable<std::map<std::string, json::Array>> export_of(AuthUnderTest& service, std::string user_id) {
    std::map<std::string, json::Array> sections;
    std::string after;
    while (true) {
        const auto page = co_await service.get("/internal/users/" + user_id + "/export" + after, user_service);
        const auto data = testing::data_of(page);
        auto& items = sections[text_at(data, "/section")];
        for (const auto& item : data.at("items").as_array()) items.push_back(item);
        if (data.at("next").is_null()) co_return sections;
        after = "?after=" + text_at(data, "/next");
    }
}

TEST(Export, HasTheAccountAndItsSessionsAndNoSecrets) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        co_await service.sign_in("ada");
        co_await service.sign_up("eve");

        const auto sections = co_await export_of(service, ada.user_id);

        const auto& account = sections.at("account");
        EXPECT_EQ(account.size(), 1U);
        EXPECT_EQ(text_at(account.at(0), "/email"), "ada@example.com");
        EXPECT_EQ(sections.at("sessions").size(), 2U);
        for (const auto& [name, items] : sections) {
            const auto text = json::serialize(json::Value(items));
            EXPECT_EQ(text.find("hash"), std::string::npos) << name;
            EXPECT_EQ(text.find("$2b$"), std::string::npos) << name;
            EXPECT_EQ(text.find("eve"), std::string::npos) << name;
        }
    });
}

TEST(Export, IsForUserServiceAndOfKnownPages) {
    with_service([](AuthUnderTest& service) -> awaitable<> {
        const auto ada = co_await service.sign_up("ada");
        const auto target = "/internal/users/" + ada.user_id + "/export";

        const auto person = co_await service.get(target, ada.access);
        const auto stranger = co_await service.get(target, "service:image-service");
        const auto no_page = co_await service.get(target + "?after=nonsense", user_service);
        const auto nobody = co_await service.get("/internal/users/nobody/export", user_service);

        EXPECT_EQ(person.status, 403);
        EXPECT_EQ(stranger.status, 403);
        EXPECT_EQ(no_page.status, 422);
        EXPECT_EQ(testing::data_of(nobody).at("items").as_array().size(), 0U);
    });
}

}  // namespace
}  // namespace darkroom::accounts
