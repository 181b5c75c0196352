// GET /users/me/export
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/users/archive.hpp"
#include "services/users/profiles.hpp"

namespace darkroom::users {

class ExportsApi {
public:
    ExportsApi(Profiles& profiles, ExportClient& client) : profiles_(profiles), client_(client) {}

    static const http::Endpoints<ExportsApi>& endpoints();

private:
    awaitable<http::Response> export_own(http::Context& context);

    Profiles& profiles_;
    ExportClient& client_;
    /// One count for all archives that are being sent, and one more for us.
    std::shared_ptr<int> running_ = std::make_shared<int>();
};

}  // namespace darkroom::users
