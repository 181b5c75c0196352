// api/asyncapi.json is written by hand; the golden events keep it true.
#include "platform/core/embedded.hpp"
#include "platform/json/described.hpp"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace darkroom::gateway {

/// Made by embed_text.
std::span<const EmbeddedFile> asyncapi_under_test();
std::span<const EmbeddedFile> golden_events();

namespace {

/// Event type to the members of its `data`.
std::map<std::string, std::set<std::string>> described_events(const json::Object& document) {
    std::map<std::string, std::set<std::string>> events;
    for (const auto& schema : document.at("components").at("schemas").as_object()) {
        const auto& properties = schema.value().at("properties").as_object();
        const auto* type = properties.at("type").as_object().if_contains("const");
        const auto* data = properties.if_contains("data");
        // Frames that are no events have no `source`.
        if (type == nullptr || data == nullptr || !properties.contains("source")) continue;
        auto& members = events[std::string(json::view(type->as_string()))];
        for (const auto& member : data->at("properties").as_object()) members.emplace(member.key());
    }
    return events;
}

TEST(Asyncapi, DescribesEveryGoldenEventMemberByMember) {
    const auto document = json::parse(asyncapi_under_test().front().content).value().as_object();
    const auto described = described_events(document);
    std::set<std::string> golden_types;

    for (const auto& file : golden_events()) {
        // "image.deleted.1.json": type, version
        auto type = std::string(file.name.substr(0, file.name.rfind(".json")));
        type.resize(type.rfind('.'));
        golden_types.insert(type);
        ASSERT_TRUE(described.contains(type)) << type;
        const auto golden = json::parse(file.content).value();
        for (const auto& member : golden.as_object()) {
            EXPECT_TRUE(described.at(type).contains(std::string(member.key()))) << type << ": " << member.key();
        }
    }

    for (const auto& [type, members] : described) EXPECT_TRUE(golden_types.contains(type)) << type << " is no event";
}

}  // namespace
}  // namespace darkroom::gateway
