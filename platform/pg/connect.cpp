// Opening a connection without blocking the loop; the rest of its life is in connection.cpp.
#include "platform/async/deadline.hpp"
#include "platform/async/resolve.hpp"
#include "platform/pg/connection.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <stdexcept>

namespace darkroom::pg {

namespace {

struct Finish {
    void operator()(pg_conn* connection) const { PQfinish(connection); }
};
using Handle = std::unique_ptr<pg_conn, Finish>;

struct FreeOptions {
    void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};

/// The host to look up; empty for sockets, addresses given by hostaddr, and lists, which are left to libpq.
std::string host_to_resolve(const std::string& url) {
    const std::unique_ptr<PQconninfoOption, FreeOptions> options(PQconninfoParse(url.c_str(), nullptr));
    std::string host;
    if (!options) return host;
    for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
        if (option->val == nullptr) continue;
        const std::string_view keyword = option->keyword;
        if (keyword == "hostaddr") return {};
        if (keyword == "host") host = option->val;
    }
    if (host.starts_with('/') || host.starts_with('@') || host.find(',') != std::string::npos) return {};
    return host;
}

[[noreturn]] void refuse(std::string_view cause) {
    while (cause.ends_with('\n')) cause.remove_suffix(1);
    auto error = database_unavailable();
    error.detail = std::string(cause);
    fail(std::move(error));
}

void ignore_notice(void*, const pg_result*) {}

/// libpq tries the addresses in turn when there is a host name for each.
struct Addresses {
    std::string hosts;
    std::string addresses;
};

awaitable<Addresses> look_up(CpuPool& cpu, std::string host) {
    Addresses list;
    if (host.empty()) co_return list;
    const auto found = co_await resolve_host(cpu, host);
    for (const auto& address : found) {
        list.hosts += (list.hosts.empty() ? "" : ",") + host;
        list.addresses += (list.addresses.empty() ? "" : ",") + address;
    }
    co_return list;
}

awaitable<Handle> establish(CpuPool& cpu, SessionOptions options) {
    const auto list = co_await look_up(cpu, host_to_resolve(options.url));
    const char* keywords[] = {"dbname", "fallback_application_name", "client_encoding", "host", "hostaddr", nullptr};
    const char* values[] = {options.url.c_str(), options.application_name.c_str(), "UTF8",
                            // An empty value leaves what the URL says.
                            list.hosts.empty() ? nullptr : list.hosts.c_str(),
                            list.addresses.empty() ? nullptr : list.addresses.c_str(), nullptr};
    Handle connection(PQconnectStartParams(keywords, values, 1));
    if (!connection || PQstatus(connection.get()) == CONNECTION_BAD) refuse(PQerrorMessage(connection.get()));
    PQsetNoticeReceiver(connection.get(), &ignore_notice, nullptr);
    const auto executor = co_await net::this_coro::executor;
    auto state = PGRES_POLLING_WRITING;
    while (state != PGRES_POLLING_OK) {
        // libpq may change its socket between two steps, so each has its own duplicate.
        StreamDescriptor step(executor, ::dup(PQsocket(connection.get())));
        const auto direction = state == PGRES_POLLING_READING ? StreamDescriptor::wait_read : StreamDescriptor::wait_write;
        co_await step.async_wait(direction, use_awaitable);
        state = PQconnectPoll(connection.get());
        if (state == PGRES_POLLING_FAILED) refuse(PQerrorMessage(connection.get()));
    }
    if (PQsetnonblocking(connection.get(), 1) != 0 || PQenterPipelineMode(connection.get()) != 1) {
        refuse(PQerrorMessage(connection.get()));
    }
    co_return connection;
}

// Timestamps are read as ISO with an offset; the rest bounds what a lost client can hold.
constexpr Query set_up_session{"pg.session", R"sql(
    SELECT set_config('DateStyle', 'ISO', false), set_config('TimeZone', 'UTC', false),
           set_config('statement_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $2, false)
)sql"};

}  // namespace

awaitable<std::shared_ptr<Connection>> Connection::open(CpuPool& cpu, SessionOptions options) {
    const auto executor = co_await net::this_coro::executor;
    auto handle = co_await with_deadline(options.connect_deadline, "connecting to PostgreSQL", establish(cpu, options));
    const auto connection = std::make_shared<Connection>(executor, handle.release(), options);
    connection->start();
    // Behind a pooler the next statement may meet another session: there the role's settings must do (migrate.cpp).
    if (options.pooled) co_return connection;

    const OneShot<std::shared_ptr<Completion>> done(executor);
    const auto store = [done](Completion completion) { done.set(std::make_shared<Completion>(std::move(completion))); };
    const auto parameters = bind_parameters(std::to_string(options.statement_deadline.count()),
                                            std::to_string(options.idle_transaction_deadline.count()));
    connection->send(set_up_session, parameters, false, store);
    const auto completion = co_await done.wait_for(options.connect_deadline);
    if (!completion) refuse("the server does not answer");
    unwrap(std::move(**completion), set_up_session, {});
    co_return connection;
}

}  // namespace darkroom::pg
