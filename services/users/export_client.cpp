#include "services/users/export_client.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/encoding.hpp"
#include "platform/core/log.hpp"
#include "services/users/domain/errors.hpp"

#include <algorithm>
#include <array>

namespace darkroom::users {

namespace {

constexpr std::string_view image_service = "image-service";
constexpr Milliseconds page_deadline = 10s;
/// Before the second and the third attempt.
constexpr std::array patience{Milliseconds{300}, Milliseconds{1500}};

struct Answer {
    ExportPage data;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (data))

void add_trace(http::Headers& headers, const ExportSubject& subject) {
    headers.add("X-Correlation-ID", subject.correlation_id);
    if (!subject.traceparent.empty()) headers.add("traceparent", subject.traceparent);
}

std::string target_of(const UserId& user) {
    return "/internal/users/" + percent_encode(user.text()) + "/export";
}

}  // namespace

ExportClient::ExportClient(http::Client& client, auth::ServiceTokens& tokens, ExportOrigins origins)
    : client_(client),
      tokens_(tokens),
      sources_{{"auth-service", "account", std::move(origins.auth)},
               {image_service, "images", std::move(origins.images)},
               {"notification-service", "notifications", std::move(origins.notifications)},
               {"event-bus", "events", std::move(origins.events)}} {}

awaitable<ExportPage> ExportClient::page(const ExportSource& source, ExportSubject subject, std::optional<std::string> after) {
    auto target = target_of(subject.user);
    if (after) target += "?after=" + percent_encode(*after);
    for (std::size_t attempt = 0;; ++attempt) {
        auto page = co_await try_page(source, subject, target);
        if (page) co_return std::move(*page);
        if (attempt == patience.size()) fail(export_unavailable());
        co_await pause_for(patience[attempt]);
    }
}

awaitable<std::optional<ExportPage>> ExportClient::try_page(const ExportSource& source, ExportSubject subject,
                                                            std::string target) {
    std::string problem;
    try {
        http::ClientRequest request{.target = std::move(target), .deadline = page_deadline};
        add_trace(request.headers, subject);
        request.headers.add("Authorization", co_await authorization(source.service));
        const auto response = co_await client_.send(source.origin, std::move(request));
        if (response.status == 401) tokens_.drop(std::string(source.service));
        auto answer = json::decode_json<Answer>(response.body, json::Unknown::ignore);
        if (response.ok() && answer) co_return std::move(answer->data);
        problem = "answered " + std::to_string(response.status);
    } catch (const Failure& failure) {  // to who waits for the archive it is one thing
        problem = failure.error().detail;
    }
    log::warning("a part of an export cannot be read", {{"service", source.service}, {"reason", problem}});
    co_return std::nullopt;
}

awaitable<ExportFile> ExportClient::file(ExportSubject subject, std::string sha256) {
    for (std::size_t attempt = 0;; ++attempt) {
        auto file = co_await try_file(subject, sha256);
        if (file) co_return std::move(*file);
        if (attempt == patience.size()) fail(export_unavailable());
        co_await pause_for(patience[attempt]);
    }
}

awaitable<std::optional<ExportFile>> ExportClient::try_file(ExportSubject subject, std::string sha256) {
    std::string problem;
    try {
        const auto& images = *std::ranges::find(sources_, image_service, &ExportSource::service);
        http::RequestHead head;
        head.method = "GET";
        head.target = target_of(subject.user) + "/files/" + percent_encode(sha256);
        add_trace(head.headers, subject);
        head.headers.add("Authorization", co_await authorization(image_service));
        auto stream = co_await client_.start(images.origin, std::move(head), 0);
        co_await stream->finish();
        const auto response = co_await stream->response();
        if (response.status == 404) co_return ExportFile{};
        if (response.status == 200) co_return std::move(stream);
        problem = "answered " + std::to_string(response.status);
    } catch (const Failure& failure) {  // to who waits for the archive it is one thing
        problem = failure.error().detail;
    }
    log::warning("a file of an export cannot be read", {{"reason", problem}});
    co_return std::nullopt;
}

awaitable<std::string> ExportClient::authorization(std::string_view service) {
    const auto token = co_await tokens_.token_for(std::string(service));
    co_return "Bearer " + token;
}

}  // namespace darkroom::users
