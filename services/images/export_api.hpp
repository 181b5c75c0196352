// The files of one user, for the archive that user-service makes of all that is held about them. Never routed by the gateway.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/images/export_repository.hpp"
#include "services/images/file_store.hpp"

namespace darkroom::images {

struct ExportFilePath {
    UserId id{};
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(ExportFilePath, (), (id, sha256))

class ExportApi {
public:
    ExportApi(ExportRepository& repository, FileStore& store) : repository_(repository), store_(store) {}

    static const http::Endpoints<ExportApi>& endpoints();

private:
    awaitable<http::Response> read_file(http::Context& context, http::Path<ExportFilePath> path);

    ExportRepository& repository_;
    FileStore& store_;
};

}  // namespace darkroom::images
