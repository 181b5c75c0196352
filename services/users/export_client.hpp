// Reads what the other services hold about a user (platform/service/user_export.hpp).
#pragma once

#include "platform/auth/service_tokens.hpp"
#include "platform/http/client.hpp"
#include "platform/http/context.hpp"
#include "platform/service/user_export.hpp"

#include <memory>
#include <vector>

namespace darkroom::users {

/// A service that holds something, and the folder of the archive that it goes to.
struct ExportSource {
    std::string_view service;
    std::string_view folder;
    http::Origin origin;
};

struct ExportOrigins {
    http::Origin auth;
    http::Origin images;
    http::Origin notifications;
    http::Origin events;
};

/// For whom, and what the requests are traced by.
struct ExportSubject {
    UserId user{};
    std::string correlation_id;
    std::string traceparent;
};

/// A file on its way. Its body may be read until the end.
using ExportFile = std::unique_ptr<http::ClientStream>;

class ExportClient {
public:
    ExportClient(http::Client& client, auth::ServiceTokens& tokens, ExportOrigins origins);

    const std::vector<ExportSource>& sources() const { return sources_; }
    /// Patient with a service that is being restarted; then 503 export_unavailable.
    awaitable<ExportPage> page(const ExportSource& source, ExportSubject subject, std::optional<std::string> after);
    /// Of image-service; nullptr when the file has been deleted meanwhile.
    awaitable<ExportFile> file(ExportSubject subject, std::string sha256);

private:
    awaitable<std::optional<ExportPage>> try_page(const ExportSource& source, ExportSubject subject, std::string target);
    awaitable<std::optional<ExportFile>> try_file(ExportSubject subject, std::string sha256);
    awaitable<std::string> authorization(std::string_view service);

    http::Client& client_;
    auth::ServiceTokens& tokens_;
    std::vector<ExportSource> sources_;
};

}  // namespace darkroom::users
