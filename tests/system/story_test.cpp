// The story of the product, through the gateway alone.
#include "services/images/tests/pictures.hpp"
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

namespace darkroom::system_test {
namespace {

namespace pictures = images::testing;
using pictures::Picture;

constexpr int twelve_megapixels_wide = 4000;
constexpr int twelve_megapixels_high = 3000;

/// As phones write them: landscape pixels, held upright.
const std::string& phone_photo() {
    static const auto file =
        pictures::encode_with_orientation(pictures::a_photo(twelve_megapixels_wide, twelve_megapixels_high), 6);
    return file;
}

/// What a viewer shows of a file with orientation 6: a quarter turn clockwise.
Picture upright(const Picture& stored) {
    Picture shown{.width = stored.height, .height = stored.width, .bands = stored.bands};
    shown.bytes.resize(stored.bytes.size());
    for (int y = 0; y < shown.height; ++y) {
        for (int x = 0; x < shown.width; ++x) {
            for (int band = 0; band < shown.bands; ++band) {
                shown.bytes[static_cast<std::size_t>((y * shown.width + x) * shown.bands + band)] =
                    stored.bytes[static_cast<std::size_t>(((stored.height - 1 - x) * stored.width + y) * stored.bands + band)];
            }
        }
    }
    return shown;
}

struct Difference {
    double mean = 0;
    double largest = 0;
};

/// How far `result` is from the Rec. 601 luma of `source`, in every third pixel.
Difference from_gray(const Picture& source, const Picture& result) {
    Difference difference;
    double count = 0;
    for (int y = 0; y < source.height; y += 3) {
        for (int x = 0; x < source.width; x += 3) {
            const double gray = 0.299 * source.at(x, y, 0) + 0.587 * source.at(x, y, 1) + 0.114 * source.at(x, y, 2);
            const int colours = result.bands < 3 ? 1 : 3;
            for (int band = 0; band < colours; ++band) {
                const double off = std::abs(result.at(x, y, band) - gray);
                difference.largest = std::max(difference.largest, off);
                difference.mean += off;
                ++count;
            }
        }
    }
    difference.mean /= count;
    return difference;
}

bool has_type(const json::Value& value, std::string_view type) {
    return text_at(value, "type") == type;
}

std::size_t files_on_disk() {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(System::instance().data_directory())) {
        files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
}

TEST(Story, SomebodyRegistersLogsInAndIsWelcomed) {
    auto& system = System::instance();
    HttpClient client(system.port(Part::gateway));
    const auto name = "grace" + std::to_string(::getpid());
    const json::Object account{
        {"email", name + "@example.com"}, {"username", name}, {"password", "a long enough one"}, {"full_name", "Grace Hopper"}};

    const auto registered = client.post("/auth/register", account);
    ASSERT_TRUE(is_success(registered));
    EXPECT_EQ(registered.text("data.email"), name + "@example.com");
    EXPECT_EQ(registered.text("data.role"), "user");
    EXPECT_EQ(registered.text("data.status"), "active");
    EXPECT_EQ(registered.body.find("password"), std::string::npos);
    EXPECT_TRUE(is_problem(client.post("/auth/register", account), 409));

    const auto login = client.post("/auth/login", {{"email", name}, {"password", "a long enough one"}});
    ASSERT_TRUE(is_success(login));
    EXPECT_EQ(login.text("data.token_type"), "bearer");
    EXPECT_GT(login.number("data.expires_in"), 0);
    client.use_token(login.text("data.access_token"));
    const auto me = client.get("/auth/me");
    ASSERT_TRUE(is_success(me));
    EXPECT_EQ(me.text("data.id"), registered.text("data.id"));
    EXPECT_EQ(client.get("/users/me").text("data.email"), name + "@example.com");

    Answer list;
    const auto welcomed = [&] {
        list = client.get("/notifications?notification_type=welcome");
        return list.number("data.pagination.total") == 1;
    };
    EXPECT_TRUE(eventually(welcomed)) << list.summary();
    EXPECT_TRUE(is_page(list, "notifications"));

    const auto refreshed = client.post("/auth/refresh", {{"refresh_token", login.text("data.refresh_token")}});
    ASSERT_TRUE(is_success(refreshed));
    client.use_token(refreshed.text("data.access_token"));
    EXPECT_TRUE(is_success(client.post("/auth/logout", {})));
    const auto refused = [&] { return client.get("/auth/me").status == 401; };
    EXPECT_TRUE(eventually(refused, std::chrono::seconds(2)));
}

TEST(Story, APhonePhotoBecomesGrayWhileItsOwnerWatchesAndIsToldOnce) {
    auto person = Person::join(System::instance(), "ada");
    auto notifications = person.notifications();
    auto events = person.events();
    ASSERT_EQ(notifications.status(), 101);
    ASSERT_EQ(events.status(), 101);
    EXPECT_TRUE(has_type(notifications.next().value_or(nullptr), "connection"));
    EXPECT_TRUE(has_type(events.next().value_or(nullptr), "connection"));
    events.send({{"type", "subscribe"}, {"event_types", json::Array{"image.*"}}});
    ASSERT_TRUE(events.find([](const json::Value& frame) { return has_type(frame, "subscribed"); }));

    const auto uploaded = person.http().upload("/images/upload", {.content = phone_photo(), .filename = "IMG_0001.jpg"});
    ASSERT_TRUE(is_success(uploaded));
    EXPECT_EQ(uploaded.text("data.user_id"), person.id());
    EXPECT_EQ(uploaded.text("data.filename"), "IMG_0001.jpg");
    EXPECT_EQ(uploaded.number("data.file_size"), static_cast<std::int64_t>(phone_photo().size()));
    EXPECT_EQ(uploaded.text("data.mime_type"), "image/jpeg");
    EXPECT_EQ(uploaded.number("data.width"), twelve_megapixels_high);
    EXPECT_EQ(uploaded.number("data.height"), twelve_megapixels_wide);
    const auto upload_id = uploaded.text("data.id");

    const auto ordered = person.http().post("/images/" + upload_id + "/process",
                                            {{"transformation_type", "grayscale"}, {"parameters", json::Object{}}});
    ASSERT_TRUE(is_success(ordered));
    const auto processing_id = ordered.text("data.id");
    EXPECT_EQ(ordered.text("data.upload_id"), upload_id);
    EXPECT_EQ(ordered.text("data.transformation_type"), "grayscale");

    std::vector<std::int64_t> progress;
    std::string status;
    const auto finished = [&] {
        const auto answer = person.http().get("/images/" + upload_id + "/status");
        progress.push_back(answer.number("data.processings.0.progress"));
        status = answer.text("data.processings.0.status");
        return status == "completed" || status == "failed";
    };
    ASSERT_TRUE(eventually(finished));
    EXPECT_EQ(status, "completed");
    EXPECT_TRUE(std::ranges::is_sorted(progress));
    EXPECT_EQ(progress.back(), 100);

    std::vector<std::string> seen;
    std::int64_t watched = -1;
    const auto completed = [&](const json::Value& frame) {
        seen.push_back(text_at(frame, "type"));
        if (has_type(frame, "image.processing.progress")) {
            EXPECT_GE(number_at(frame, "data.progress"), watched);
            watched = number_at(frame, "data.progress");
        }
        return has_type(frame, "image.processing.completed");
    };
    const auto completion = events.find(completed);
    ASSERT_TRUE(completion) << ::testing::PrintToString(seen);
    EXPECT_EQ(text_at(*completion, "data.processing_id"), processing_id);
    EXPECT_EQ(text_at(*completion, "user_id"), person.id());
    EXPECT_EQ(text_at(*completion, "correlation_id"), ordered.text("correlation_id"));
    EXPECT_GT(number_at(*completion, "position"), 0);
    EXPECT_EQ(std::ranges::count(seen, "image.uploaded"), 1);
    EXPECT_EQ(std::ranges::count(seen, "image.processing.started"), 1);

    const auto told =
        notifications.find([](const json::Value& frame) { return has_type(frame, "image_processing_completed"); });
    ASSERT_TRUE(told);
    EXPECT_EQ(text_at(*told, "data.processing_id"), processing_id);
    EXPECT_EQ(text_at(*told, "user_id"), person.id());
    EXPECT_EQ(text_at(*told, "status"), "sent");
    EXPECT_EQ(person.all_notifications("image_processing_completed").size(), 1U);
    EXPECT_FALSE(notifications.find([&](const json::Value& frame) { return text_at(frame, "id") == text_at(*told, "id"); },
                                    std::chrono::milliseconds(300)));

    const auto download = person.http().get("/images/" + upload_id + "/download/grayscale");
    ASSERT_EQ(download.status, 200) << download.summary();
    EXPECT_EQ(download.header("Content-Type"), "image/jpeg");
    EXPECT_EQ(download.body, person.result(processing_id));
    const auto source = upright(pictures::decode(phone_photo()));
    const auto result = pictures::decode(download.body);
    ASSERT_EQ(result.width, source.width);
    ASSERT_EQ(result.height, source.height);
    const auto difference = from_gray(source, result);
    EXPECT_LT(difference.mean, 5) << "the grain of the photo is what JPEG drops first";
    EXPECT_LT(difference.largest, 40) << "JPEG may be off at edges, but not this much";
}

TEST(Story, APngKeepsItsTransparencyExactly) {
    auto person = Person::join(System::instance(), "png");
    auto picture = pictures::a_photo(640, 480);
    Picture clear{.width = 640, .height = 480, .bands = 4};
    for (std::size_t i = 0; i < picture.bytes.size(); i += 3) {
        clear.bytes.insert(clear.bytes.end(), {picture.bytes[i], picture.bytes[i + 1], picture.bytes[i + 2],
                                               static_cast<std::uint8_t>(i / 3 % 256)});
    }

    const auto upload_id = person.upload(pictures::encode(clear, ".png"), "glass.png");
    const auto processing_id = person.process(upload_id, "grayscale");
    person.wait_completed(processing_id);
    const auto result = pictures::decode(person.result(processing_id));

    ASSERT_EQ(result.width, 640);
    ASSERT_EQ(result.height, 480);
    ASSERT_TRUE(result.bands == 2 || result.bands == 4);
    EXPECT_LE(from_gray(clear, result).largest, 1.01);
    bool same_alpha = true;
    for (int y = 0; y < 480; ++y) {
        for (int x = 0; x < 640; ++x) same_alpha = same_alpha && result.at(x, y, result.bands - 1) == clear.at(x, y, 3);
    }
    EXPECT_TRUE(same_alpha);
}

TEST(Story, AWebpStaysAWebp) {
    auto person = Person::join(System::instance(), "webp");
    const auto file = pictures::encode(pictures::a_photo(800, 600), ".webp[Q=90]");

    const auto upload_id = person.upload(file, "leaf.webp");
    const auto processing_id = person.process(upload_id, "grayscale");
    person.wait_completed(processing_id);
    const auto answer = person.http().get("/images/" + upload_id + "/download/grayscale");

    EXPECT_EQ(answer.header("Content-Type"), "image/webp");
    const auto difference = from_gray(pictures::decode(file), pictures::decode(answer.body));
    EXPECT_LT(difference.mean, 3);
}

TEST(Story, ASmallCopyIsThereWithinMoments) {
    auto person = Person::join(System::instance(), "quick");
    std::vector<double> milliseconds;

    for (int round = 0; round < 5; ++round) {
        auto notifications = person.notifications();
        ASSERT_TRUE(notifications.next());
        const auto started = std::chrono::steady_clock::now();
        const auto upload_id = person.upload(phone_photo(), "quick.jpg");
        const auto processing_id = person.process(upload_id, "resize", {{"width", 800}, {"height", 800 + round}});
        const auto told =
            notifications.find([&](const json::Value& frame) { return text_at(frame, "data.processing_id") == processing_id; });
        ASSERT_TRUE(told);
        milliseconds.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - started).count());
        const auto result = pictures::decode(person.result(processing_id));
        EXPECT_EQ(std::max(result.width, result.height), 800 + round);
    }

    std::ranges::sort(milliseconds);
    RecordProperty("upload_to_notification_median_ms", static_cast<int>(milliseconds[2]));
    // Ten times what bench/ measures on an idle machine: this notices a lost wake-up, not a slow day.
    EXPECT_LT(milliseconds[2], 4'000);
}

TEST(Story, WhatIsDeletedIsGoneFromListsAndFromTheDisk) {
    auto person = Person::join(System::instance(), "tidy");
    const auto before = files_on_disk();
    const auto upload_id = person.upload(pictures::encode(pictures::a_photo(321, 123), ".jpg[Q=90]"), "once.jpg");
    const auto processing_id = person.process(upload_id, "rotate", {{"angle", 90}});
    person.wait_completed(processing_id);
    const auto rotated = pictures::decode(person.result(processing_id));
    EXPECT_EQ(rotated.width, 123);
    EXPECT_EQ(rotated.height, 321);
    const auto list = person.http().get("/images");
    ASSERT_TRUE(is_page(list, "uploads"));
    EXPECT_EQ(list.text("data.uploads.0.id"), upload_id);

    ASSERT_TRUE(is_success(person.http().del("/images/" + upload_id)));

    EXPECT_TRUE(is_problem(person.http().get("/images/" + upload_id), 404));
    EXPECT_TRUE(is_problem(person.http().get("/images/" + upload_id + "/download"), 404));
    EXPECT_TRUE(is_problem(person.http().get("/images/processings/" + processing_id), 404));
    EXPECT_EQ(person.http().get("/images").number("data.pagination.total"), 0);
    EXPECT_TRUE(eventually([&] { return files_on_disk() == before; })) << files_on_disk() << " files, before " << before;
}

}  // namespace
}  // namespace darkroom::system_test
