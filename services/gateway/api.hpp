// The pages that the gateway itself serves, beside those of every service.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/gateway/services_health.hpp"

#include <filesystem>

namespace darkroom::gateway {

/// {file} of /docs/{file}.
struct DocsFile {
    std::string file;
};
BOOST_DESCRIBE_STRUCT(DocsFile, (), (file))

class Api {
public:
    struct Pages {
        json::Object openapi;
        /// Directory of swagger-ui-dist, or empty.
        std::filesystem::path swagger_ui;
    };
    Api(HealthOfServices& health, Pages pages);

    static const http::Endpoints<Api>& endpoints();

    awaitable<http::Ok<ServicesHealth>> read_services_health();
    awaitable<http::Response> read_openapi(http::Context& context);
    awaitable<http::Response> read_asyncapi(http::Context& context);
    awaitable<http::Response> read_docs();
    awaitable<http::Response> read_docs_file(http::Path<DocsFile> path);

private:
    HealthOfServices& health_;
    std::string openapi_;
    std::string docs_page_;
    std::filesystem::path swagger_ui_;
};

}  // namespace darkroom::gateway
