#include "platform/bus/envelope.hpp"

#include <gtest/gtest.h>

namespace darkroom::bus {
namespace {

struct Renamed {
    static constexpr std::string_view type = "thing.renamed";
    std::string name;
};
BOOST_DESCRIBE_STRUCT(Renamed, (), (name))

TEST(Envelope, GoesToJsonAndBack) {
    auto envelope = make_envelope(Renamed{"quo\"te"}, {"image-service", "correlation-1", "user-1"});
    envelope.timestamp = parse_rfc3339("2026-03-01T10:00:00.123Z").value();
    envelope.position = 7;

    const auto back = envelope_from_json(to_json(envelope));

    ASSERT_TRUE(back.has_value()) << back.error().detail;
    EXPECT_EQ(*back, envelope);
    EXPECT_EQ(decode_data<Renamed>(*back).value().name, "quo\"te");
}

TEST(Envelope, KeepsDataByteForByte) {
    const std::string data = "{ \"b\" : 1.50, \"a\":\t\"\\u00e9 }\", \"c\": [1e2 , {}] }";
    const auto text = R"({"id":"e-1","type":"t","source":"s","timestamp":"2026-03-01T10:00:00Z","data": )" + data + " }";

    const auto envelope = envelope_from_json(text).value();

    EXPECT_EQ(envelope.data, data);
    EXPECT_NE(to_json(envelope).find(data), std::string::npos);
}

TEST(Envelope, HasNoPositionBeforeItIsStored) {
    const auto envelope = make_envelope(Renamed{"a"}, {"image-service", "c", std::nullopt});

    EXPECT_NE(to_json(envelope).find("\"position\":null"), std::string::npos);
    EXPECT_NE(to_json(envelope).find("\"user_id\":null"), std::string::npos);
    EXPECT_EQ(envelope_from_json(to_json(envelope)).value().position, 0);
    EXPECT_TRUE(is_uuid(envelope.id));
}

TEST(Envelope, NamesWhatIsMissing) {
    const auto refused = envelope_from_json(R"({"id":"e-1","data":[]})");

    ASSERT_TRUE(refused.has_error());
    EXPECT_NE(refused.error().detail.find("type: is required"), std::string::npos);
    EXPECT_NE(refused.error().detail.find("data: must be an object"), std::string::npos);
}

}  // namespace
}  // namespace darkroom::bus
