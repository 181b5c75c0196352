// The image service in the test's process, on a private database, Redis and directory, with the real worker.
#pragma once

#include "platform/testing/servers.hpp"
#include "platform/testing/test_run.hpp"
#include "platform/testing/test_service.hpp"
#include "services/images/app.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace darkroom::images::testing {

using darkroom::testing::data_of;
using darkroom::testing::eventually_async;
using darkroom::testing::require;
using darkroom::testing::TestRequest;
using darkroom::testing::TestService;

/// A directory that goes when the test does.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

struct Servers {
    Servers();
    darkroom::testing::PgDatabase database;
    darkroom::testing::RedisServer redis;
    TemporaryDirectory data;
    /// Taken over by what is started afterwards.
    Quotas quotas{};
    RetentionOptions retention{};

    std::unique_ptr<TestService> start(Runtime& runtime);
    Config config();
    /// How many files there are below `directory` of the data directory.
    std::size_t files_in(const std::string& directory) const;
    /// Types of the events promised so far, in order.
    std::vector<std::string> event_types();
};

inline constexpr const char* alice = "user:alice:user";
inline constexpr const char* bob = "user:bob:user";
inline constexpr const char* admin = "user:root:admin";

inline constexpr const char* grayscale = R"({"transformation_type":"grayscale"})";
/// Seconds of work: a wide photo as AVIF.
inline constexpr const char* slow = R"({"transformation_type":"gaussian_blur","parameters":{"sigma":4},"format":"avif"})";
inline constexpr const char* running_metric = "darkroom_image_jobs_running";
const std::string& a_small_file();
const std::string& a_slow_file();

struct FormPart {
    std::string name;
    std::string content;
    /// A file when there is one.
    std::optional<std::string> filename{};
};

TestRequest upload_request(const std::string& token, const std::vector<FormPart>& parts);
/// The upload's id.
awaitable<std::string> upload(TestService& service, std::string file, std::string filename = "photo.jpg",
                              std::string token = alice);
/// POST /images/upload with an Idempotency-Key.
awaitable<http::ClientResponse> upload_once(TestService& service, std::string key, std::string file, std::string filename,
                                            std::string token = alice);
awaitable<http::ClientResponse> get(TestService& service, std::string target, std::string token = alice);
awaitable<http::ClientResponse> remove(TestService& service, std::string target, std::string token = alice);
/// POST /images/{id}/process
awaitable<http::ClientResponse> process(TestService& service, std::string upload_id, std::string body,
                                        std::string token = alice, std::string idempotency_key = "");
/// The processing's id.
awaitable<std::string> start_processing(TestService& service, std::string upload_id, std::string body);
/// The processing once it has that status; the test fails when that takes too long.
awaitable<json::Value> wait_for(TestService& service, std::string processing_id, std::string status);
/// The value of a metric without labels, as /metrics shows it.
double metric(TestService& service, const std::string& name);
/// "code" of a problem document, or what came instead.
std::string code_of(const http::ClientResponse& response);

}  // namespace darkroom::images::testing
