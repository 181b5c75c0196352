// What was once published is read forever. golden/<type>.<n>.json holds data as it was published by some version; files are
// added when an event grows and never edited. The newest of each type is written today exactly as it stands there.
#include "events/audit.hpp"
#include "events/image_deleted.hpp"
#include "events/image_downloaded.hpp"
#include "events/image_processing_cancelled.hpp"
#include "events/image_processing_completed.hpp"
#include "events/image_processing_failed.hpp"
#include "events/image_processing_progress.hpp"
#include "events/image_processing_started.hpp"
#include "events/image_uploaded.hpp"
#include "events/notification_failed.hpp"
#include "events/notification_read.hpp"
#include "events/notification_sent.hpp"
#include "events/quota_warning.hpp"
#include "events/token_refreshed.hpp"
#include "events/user_created.hpp"
#include "events/user_deleted.hpp"
#include "events/user_login.hpp"
#include "events/user_logout.hpp"
#include "events/user_updated.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace darkroom::events {
namespace {

/// Reads data as a consumer does and writes it again as a producer would.
using Rewrite = Result<json::Value> (*)(std::string_view text);

template <class Event>
Result<json::Value> rewrite(std::string_view text) {
    const auto event = json::decode_json<Event>(text, json::Unknown::ignore);
    if (!event) return event.error();
    return json::encode(*event);
}

template <class... Events>
std::map<std::string, Rewrite, std::less<>> table_of() {
    return {{std::string(Events::type), &rewrite<Events>}...};
}

const auto& every_event() {
    static const auto table =
        table_of<UserCreated, UserUpdated, UserDeleted, UserLogin, UserLogout, TokenRefreshed, ImageUploaded,
                 ImageProcessingStarted, ImageProcessingProgress, ImageProcessingCompleted, ImageProcessingFailed,
                 ImageProcessingCancelled, ImageDownloaded, ImageDeleted, NotificationSent, NotificationRead,
                 NotificationFailed, AuditLoginFailed, AuditAccountLocked, AuditPasswordChanged, AuditPasswordResetRequested,
                 AuditPasswordReset, AuditEmailVerified, AuditEmailChanged, AuditMfaEnabled, AuditMfaDisabled,
                 AuditSessionRevoked, AuditRefreshReused, AuditApiKeyCreated, AuditApiKeyDeleted, AuditClientCreated,
                 AuditClientDeleted, AuditConsentGiven, QuotaWarning>();
    return table;
}

struct Golden {
    std::string type;
    int number = 0;
    std::string text;
};

/// "user.created.1.json"
Golden read_golden(const std::filesystem::path& file) {
    auto stem = file.stem().string();
    const auto dot = stem.rfind('.');
    std::ostringstream text;
    text << std::ifstream(file).rdbuf();
    return {stem.substr(0, dot), std::stoi(stem.substr(dot + 1)), text.str()};
}

std::vector<Golden> every_golden() {
    std::vector<Golden> all;
    for (const auto& entry : std::filesystem::directory_iterator(EVENTS_GOLDEN)) all.push_back(read_golden(entry.path()));
    return all;
}

TEST(EventContract, EveryGoldenFileDecodesForever) {
    for (const auto& [type, number, text] : every_golden()) {
        const auto event = every_event().find(type);
        ASSERT_NE(event, every_event().end()) << type << " is no event any more";
        const auto rewritten = event->second(text);
        EXPECT_TRUE(rewritten.has_value()) << type << '.' << number << ": " << rewritten.error().detail;
    }
}

TEST(EventContract, TheNewestGoldenFileIsWhatIsPublishedToday) {
    std::map<std::string, Golden> newest;
    for (const auto& golden : every_golden()) {
        auto& known = newest[golden.type];
        if (golden.number > known.number) known = golden;
    }

    for (const auto& [type, rewritten] : every_event()) {
        const auto found = newest.find(type);
        ASSERT_NE(found, newest.end()) << type << " has no golden file";
        const auto& text = found->second.text;
        EXPECT_EQ(json::serialize(rewritten(text).value()), json::serialize(json::parse(text).value())) << type;
    }
}

TEST(EventContract, MembersThatAreNotKnownYetAreIgnored) {
    for (const auto& [type, number, text] : every_golden()) {
        auto value = json::parse(text).value();
        value.as_object()["added_in_the_future"] = json::Array{1, 2};
        EXPECT_TRUE(every_event().at(type)(json::serialize(value)).has_value()) << type;
    }
}

}  // namespace
}  // namespace darkroom::events
