#include "cli/database.hpp"

#include "platform/core/encoding.hpp"
#include "platform/pg/migrate.hpp"
#include "platform/pg/url.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <memory>
#include <stdexcept>

namespace darkroom::cli {

namespace {

std::string trimmed(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
}

/// What libpq reads, and our own parameters (platform/pg/url.hpp), each with an & behind it.
std::pair<std::string, std::string> split_own_parameters(const std::string& url) {
    const auto question = url.find('?');
    std::string own;
    if (question == std::string::npos) return {url, own};
    std::string_view query = std::string_view(url).substr(question + 1);
    while (!query.empty()) {
        const auto parameter = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(parameter.size() + 1, query.size()));
        if (parameter.starts_with("pgbouncer=") || parameter.starts_with("direct=")) own += std::string(parameter) + '&';
    }
    return {pg::DatabaseUrl::parse(url).conninfo, own};
}

}  // namespace

bool database_answers(const std::string& url, Milliseconds limit) {
    const auto deadline = SteadyClock::now() + limit;
    while (PQping(url.c_str()) != PQPING_OK) {
        if (SteadyClock::now() >= deadline) return false;
        ::usleep(10'000);
    }
    return true;
}

void create_database(const std::string& administrator_url, std::string_view name) {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(administrator_url.c_str()), &PQfinish);
    const auto run = [&](const std::string& sql) {
        return std::unique_ptr<PGresult, decltype(&PQclear)>(PQexec(connection.get(), sql.c_str()), &PQclear);
    };
    const auto known = run(fmt::format("SELECT 1 FROM pg_database WHERE datname = '{}'", name));
    if (PQresultStatus(known.get()) == PGRES_TUPLES_OK && PQntuples(known.get()) > 0) return;
    const auto created = run(fmt::format("CREATE DATABASE {}", name));
    if (PQresultStatus(created.get()) != PGRES_COMMAND_OK) {
        throw std::runtime_error(
            fmt::format("cannot create the database {}: {}", name, trimmed(PQerrorMessage(connection.get()))));
    }
}

void provision_services(const std::string& administrator_url, const SecretStore& secrets) {
    const auto password = [&](std::string_view role) {
        return std::string(secrets.get_or_create(SecretStore::database_password_name(role)).reveal());
    };
    const std::string owner(owner_role);
    const auto owner_password = password(owner);
    for (const auto& service : services) {
        if (service.schema.empty()) continue;
        const auto role = role_of(service);
        pg::provision(administrator_url, {std::string(service.schema), role, password(role)}, owner, owner_password);
    }
}

std::string for_administration(const std::string& url) {
    try {
        return pg::DatabaseUrl::parse(url).for_administration();
    } catch (const std::invalid_argument& error) {  // names the variable
        throw std::runtime_error(fmt::format("DATABASE_URL: {}", trimmed(error.what())));
    }
}

std::string url_for_role(const std::string& given, std::string_view role, std::string_view password) {
    const auto [url, parameters] = split_own_parameters(given);
    char* problem = nullptr;
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconninfoParse(url.c_str(), &problem),
                                                                               &PQconninfoFree);
    if (!options) {
        const std::unique_ptr<char, decltype(&PQfreemem)> owned(problem, &PQfreemem);
        throw std::runtime_error(fmt::format("DATABASE_URL: {}", problem == nullptr ? "cannot be read" : trimmed(problem)));
    }
    auto result = fmt::format("postgresql://{}:{}@/?", role, percent_encode(password));
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        if (option->val == nullptr || *option->val == '\0' || keyword == "user" || keyword == "password") continue;
        result += fmt::format("{}={}&", keyword, percent_encode(option->val));
    }
    result += parameters;
    result.pop_back();
    return result;
}

}  // namespace darkroom::cli
