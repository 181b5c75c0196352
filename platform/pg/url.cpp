#include "platform/pg/url.hpp"

#include <libpq-fe.h>

#include <memory>
#include <stdexcept>
#include <string_view>

namespace darkroom::pg {

namespace {

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

void check(const std::string& conninfo) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(conninfo.c_str(), &message));
    if (options) return;
    const std::string problem = message == nullptr ? "not a PostgreSQL URL" : message;
    PQfreemem(message);
    throw std::invalid_argument(problem);
}

void add_parameter(std::string& url, std::string_view parameter) {
    url += url.find('?') == std::string::npos ? '?' : '&';
    url += parameter;
}

/// A later host and port take the place of the earlier ones.
std::string redirected(std::string url, std::string_view target) {
    const auto colon = target.rfind(':');
    const bool has_port = colon != std::string_view::npos && target.find(']', colon) == std::string_view::npos;
    add_parameter(url, "host=" + std::string(target.substr(0, has_port ? colon : target.size())));
    // Said always: otherwise the pooler's port would go on to hold.
    add_parameter(url, has_port ? "port=" + std::string(target.substr(colon + 1)) : "port=5432");
    return url;
}

}  // namespace

DatabaseUrl DatabaseUrl::parse(const std::string& url) {
    DatabaseUrl result;
    std::string_view target;
    const auto question = url.find('?');
    result.conninfo = url.substr(0, question);
    std::string_view query = question == std::string::npos ? std::string_view{} : std::string_view(url).substr(question + 1);
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto parameter = query.substr(0, end);
        query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
        if (parameter == "pgbouncer=true") {
            result.pooled = true;
        } else if (parameter.starts_with("direct=")) {
            target = parameter.substr(parameter.find('=') + 1);
        } else if (parameter != "pgbouncer=false") {
            add_parameter(result.conninfo, parameter);
        }
    }
    if (!target.empty()) result.direct = redirected(result.conninfo, target);
    if (!result.pooled) result.direct = result.conninfo;
    check(result.conninfo);
    check(result.direct);
    return result;
}

const std::string& DatabaseUrl::for_administration() const {
    if (direct.empty())
        throw std::invalid_argument("with pgbouncer=true it must also say direct=host:port, the server behind it");
    return direct;
}

}  // namespace darkroom::pg
