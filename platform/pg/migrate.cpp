#include "platform/pg/migrate.hpp"

#include "platform/core/encoding.hpp"
#include "platform/pg/url.hpp"

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <stdexcept>

namespace darkroom::pg {

namespace {

/// One blocking connection, for commands only.
class Session {
public:
    explicit Session(const std::string& url) : connection_(PQconnectdb(DatabaseUrl::parse(url).for_administration().c_str())) {
        if (PQstatus(connection_.get()) != CONNECTION_OK) throw std::runtime_error(message());
        PQsetNoticeReceiver(connection_.get(), [](void*, const pg_result*) {}, nullptr);
    }

    /// Any number of statements; what the last one returned.
    void run(const std::string& sql) { check(PQexec(connection_.get(), sql.c_str())); }

    /// First column of the first row.
    std::optional<std::string> value(const std::string& sql, const std::vector<std::string>& parameters) {
        std::vector<const char*> values;
        for (const auto& parameter : parameters) values.push_back(parameter.c_str());
        const auto result = check(PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                                               values.data(), nullptr, nullptr, 0));
        if (PQntuples(result.get()) == 0 || PQgetisnull(result.get(), 0, 0) != 0) return std::nullopt;
        return std::string(PQgetvalue(result.get(), 0, 0));
    }

    std::string identifier(const std::string& name) {
        return take(PQescapeIdentifier(connection_.get(), name.c_str(), name.size()));
    }
    std::string literal(const std::string& text) { return take(PQescapeLiteral(connection_.get(), text.c_str(), text.size())); }

private:
    struct Finish {
        void operator()(pg_conn* connection) const { PQfinish(connection); }
    };
    struct Clear {
        void operator()(pg_result* result) const { PQclear(result); }
    };
    using Result = std::unique_ptr<pg_result, Clear>;

    Result check(pg_result* raw) {
        Result result(raw);
        const auto status = PQresultStatus(raw);
        if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) throw std::runtime_error(message());
        return result;
    }

    std::string message() const {
        std::string text = PQerrorMessage(connection_.get());
        while (text.ends_with('\n')) text.pop_back();
        return text;
    }

    std::string take(char* escaped) {
        if (escaped == nullptr) throw std::runtime_error(message());
        std::string text = escaped;
        PQfreemem(escaped);
        return text;
    }

    std::unique_ptr<pg_conn, Finish> connection_;
};

void ensure_role(Session& session, const std::string& role, const std::string& password) {
    const auto name = session.identifier(role);
    if (!session.value("SELECT 1 FROM pg_roles WHERE rolname = $1", {role})) session.run("CREATE ROLE " + name + " LOGIN");
    const auto secret = password.empty() ? "NULL" : session.literal(password);
    session.run("ALTER ROLE " + name + " LOGIN PASSWORD " + secret);
}

/// True when the file was applied now.
bool apply(Session& session, const std::string& schema, const EmbeddedFile& file) {
    const std::string name(file.name);
    const auto checksum = sha256_hex(file.content);
    const auto known = session.value("SELECT checksum FROM schema_migrations WHERE name = $1", {name});
    if (known && *known != checksum) {
        throw std::runtime_error(schema + ": migration " + name +
                                 " was edited after it had been applied; add a new one instead");
    }
    if (known) return false;
    session.run("BEGIN");
    session.run("SET LOCAL search_path = " + session.identifier(schema));
    try {
        session.run(std::string(file.content));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(schema + ": migration " + name + ": " + error.what());
    }
    session.value("INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", {name, checksum});
    session.run("COMMIT");
    return true;
}

}  // namespace

void provision(const std::string& administrator_url, const SchemaRole& service, const std::string& owner,
               const std::string& owner_password) {
    Session session(administrator_url);
    const auto database = session.value("SELECT current_database()", {});
    session.run("BEGIN");
    // Roles belong to the whole server: two provisionings at once would collide in its catalogue.
    session.value("SELECT pg_advisory_xact_lock(hashtext('darkroom.provision'))", {});
    ensure_role(session, owner, owner_password);
    ensure_role(session, service.role, service.password);
    const auto schema = session.identifier(service.schema);
    const auto role = session.identifier(service.role);
    const auto owner_name = session.identifier(owner);
    session.run("REVOKE ALL ON DATABASE " + session.identifier(*database) + " FROM PUBLIC");
    session.run("GRANT CONNECT ON DATABASE " + session.identifier(*database) + " TO " + role + ", " + owner_name);
    session.run("REVOKE ALL ON SCHEMA public FROM PUBLIC");
    session.run("CREATE SCHEMA IF NOT EXISTS " + schema + " AUTHORIZATION " + owner_name);
    session.run("GRANT USAGE ON SCHEMA " + schema + " TO " + role);
    const auto defaults = "ALTER DEFAULT PRIVILEGES FOR ROLE " + owner_name + " IN SCHEMA " + schema;
    session.run(defaults + " GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO " + role);
    session.run(defaults + " GRANT USAGE, SELECT ON SEQUENCES TO " + role);
    session.run("ALTER ROLE " + role + " SET search_path = " + schema);
    // What a session is otherwise told by its client (connect.cpp): through a transaction pooler it cannot be.
    for (const auto* setting : {"DateStyle = 'ISO'", "TimeZone = 'UTC'", "statement_timeout = '10s'",
                                "idle_in_transaction_session_timeout = '60s'"}) {
        session.run("ALTER ROLE " + role + " SET " + setting);
    }
    session.run("COMMIT");
}

std::vector<std::string> migrate(const std::string& owner_url, const std::string& schema,
                                 const std::vector<std::span<const EmbeddedFile>>& sets) {
    Session session(owner_url);
    // Held until the session ends, whatever it ends of.
    session.value("SELECT pg_advisory_lock(hashtext($1))", {"darkroom.migrate." + schema});
    session.run("SET search_path = " + session.identifier(schema));
    session.run(
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        "name text PRIMARY KEY, checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())");
    std::vector<std::string> applied;
    for (const auto files : sets) {
        for (const auto& file : files) {
            if (apply(session, schema, file)) applied.emplace_back(file.name);
        }
    }
    return applied;
}

}  // namespace darkroom::pg
