#include "platform/pg/connection.hpp"

#include "platform/core/log.hpp"

#include <libpq-fe.h>
#include <unistd.h>

#include <cassert>

namespace darkroom::pg {

namespace {

/// Grace beyond the server's own statement timeout, after which the connection counts as dead.
constexpr Milliseconds stall_grace = 5s;
/// A bound for statements built at run time; beyond it they are sent unprepared.
constexpr std::size_t max_prepared = 500;

std::string field_of(const pg_result* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string() : std::string(text);
}

/// The server or the way to it is at fault, not the statement.
bool means_unavailable(std::string_view sqlstate) {
    return sqlstate.empty() || sqlstate.starts_with("08") || sqlstate.starts_with("53") || sqlstate.starts_with("57P") ||
           sqlstate == "57014" || sqlstate == "25P03";
}

}  // namespace

ResultSet unwrap(Completion completion, Query query, ConstraintErrors errors) {
    if (completion.result) return std::move(*completion.result);
    if (!completion.error) fail(database_unavailable());
    auto& [sqlstate, message, constraint] = *completion.error;
    if (means_unavailable(sqlstate)) {
        log::warning("statement not executed", {{"query", query.name}, {"sqlstate", sqlstate}, {"error", message}});
        fail(database_unavailable());
    }
    for (const auto& known : errors) {
        if (!constraint.empty() && known.constraint == constraint) fail(known.make());
    }
    throw DatabaseError(std::string(query.name), sqlstate, message);
}

Connection::Connection(Executor executor, pg_conn* connection, const SessionOptions& options)
    : executor_(executor),
      connection_(connection),
      stream_(executor, ::dup(PQsocket(connection))),
      stall_timer_(executor),
      stall_limit_(options.statement_deadline + stall_grace),
      pooled_(options.pooled) {}

Connection::~Connection() {
    close();
}

void Connection::close() {
    if (connection_ == nullptr) return;
    PQfinish(std::exchange(connection_, nullptr));
    boost::system::error_code ignored;
    stream_.close(ignored);
    stall_timer_.cancel();
    // `done` may look at us or send again: the list must be empty by then.
    auto lost = std::exchange(jobs_, {});
    for (auto& job : lost) job.done(Completion{});
    if (const auto callback = std::exchange(on_close_, nullptr)) callback();
}

void Connection::send(Query query, const Parameters& parameters, bool begin_first, OnDone done) {
    if (!is_open()) {
        done(Completion{});
        return;
    }
    if (jobs_.empty()) front_since_ = SteadyClock::now();
    auto& job = jobs_.emplace_back(Job{std::string(query.name), {}, std::move(done)});
    const bool begun = !begin_first || PQsendQueryParams(connection_, "BEGIN", 0, nullptr, nullptr, nullptr, nullptr, 0) == 1;
    if (!begun || !send_statement(query, parameters, job)) {
        log::warning("connection to PostgreSQL broke", {{"error", PQerrorMessage(connection_)}});
        close();
        return;
    }
    sync();
    watch_for_stall();
}

bool Connection::send_statement(Query query, const Parameters& parameters, Job& job) {
    std::vector<const char*> values;
    values.reserve(parameters.size());
    for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
    const int count = static_cast<int>(values.size());
    std::string sql(query.sql);
    auto known = prepared_.find(sql);
    if (known == prepared_.end()) {
        if (pooled_ || prepared_.size() >= max_prepared) {
            return PQsendQueryParams(connection_, sql.c_str(), count, nullptr, values.data(), nullptr, nullptr, 0) == 1;
        }
        const auto name = "s" + std::to_string(++prepared_count_);
        if (PQsendPrepare(connection_, name.c_str(), sql.c_str(), 0, nullptr) != 1) return false;
        job.prepares = sql;
        known = prepared_.emplace(std::move(sql), name).first;
    }
    return PQsendQueryPrepared(connection_, known->second.c_str(), count, values.data(), nullptr, nullptr, 0) == 1;
}

void Connection::sync() {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    // Statements of one turn of the loop leave in one write.
    const bool sent = PQsendPipelineSync(connection_) == 1;
    if (sent) flush_soon();
#else
    // libpq before 17 writes at every sync by itself; `flush` is for what the socket did not take.
    const bool sent = PQpipelineSync(connection_) == 1;
    if (sent) flush();
#endif
    if (!sent) close();
}

void Connection::flush_soon() {
    if (std::exchange(flush_scheduled_, true)) return;
    const auto flush_now = [self = weak_from_this()] {
        const auto connection = self.lock();
        if (!connection) return;
        connection->flush_scheduled_ = false;
        connection->flush();
    };
    net::post(executor_, flush_now);
}

void Connection::flush() {
    if (!is_open() || waiting_writable_) return;
    const int left = PQflush(connection_);
    if (left < 0) {
        close();
    } else if (left > 0) {
        waiting_writable_ = true;
        const auto on_writable = [self = weak_from_this()](boost::system::error_code error) {
            const auto connection = self.lock();
            if (!connection) return;
            connection->waiting_writable_ = false;
            if (!error) connection->flush();
        };
        stream_.async_wait(StreamDescriptor::wait_write, on_writable);
    }
}

void Connection::start() {
    wait_readable();
}

void Connection::wait_readable() {
    const auto on_event = [self = weak_from_this()](boost::system::error_code error) {
        const auto connection = self.lock();
        if (connection && !error) connection->on_readable();
    };
    stream_.async_wait(StreamDescriptor::wait_read, on_event);
}

void Connection::on_readable() {
    if (!is_open()) return;
    const bool alive = PQconsumeInput(connection_) == 1;
    // Answers that arrived before the end count: a COMMIT among them did happen.
    read_results();
    if (!is_open()) return;
    if (!alive || PQstatus(connection_) == CONNECTION_BAD) {
        log::warning("connection to PostgreSQL lost", {{"error", PQerrorMessage(connection_)}});
        close();
        return;
    }
    flush();
    if (is_open()) wait_readable();
}

void Connection::read_results() {
    int ends_in_a_row = 0;
    while (is_open() && !jobs_.empty() && ends_in_a_row < 2 && PQisBusy(connection_) == 0) {
        auto* result = PQgetResult(connection_);
        // A null ends the results of one statement of a job; two in a row mean that there is nothing more to read.
        ends_in_a_row = result == nullptr ? ends_in_a_row + 1 : 0;
        if (result != nullptr) take_result(result);
    }
    if (is_open()) read_notifications();
}

void Connection::read_notifications() {
    bool notified = false;
    while (auto* notification = PQnotifies(connection_)) {
        PQfreemem(notification);
        notified = true;
    }
    if (notified && on_notification_) on_notification_();
}

void Connection::take_result(pg_result* result) {
    auto& job = jobs_.front();
    ResultSet set(result, job.query);
    switch (PQresultStatus(result)) {
        case PGRES_PIPELINE_SYNC: complete_front(); break;
        case PGRES_COMMAND_OK:
        case PGRES_TUPLES_OK:
            // BEGIN and PREPARE come first; the last is the statement's own. Only PREPARE has no command tag.
            if (set.command().empty()) job.prepares.clear();
            job.result = std::move(set);
            break;
        case PGRES_PIPELINE_ABORTED: break;
        default:
            if (job.error) break;
            job.error = ServerError{field_of(result, PG_DIAG_SQLSTATE), field_of(result, PG_DIAG_MESSAGE_PRIMARY),
                                    field_of(result, PG_DIAG_CONSTRAINT_NAME)};
            // "cached plan must not change result type", after a migration: prepare anew next time.
            if (job.error->sqlstate == "0A000") prepared_.clear();
    }
}

void Connection::complete_front() {
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    front_since_ = SteadyClock::now();
    if (job.error && !job.prepares.empty()) prepared_.erase(job.prepares);
    if (job.error) job.result.reset();
    job.done(Completion{std::move(job.result), std::move(job.error)});
}

void Connection::watch_for_stall() {
    if (!is_open() || std::exchange(watching_, true)) return;
    stall_timer_.expires_after(1s);
    const auto look = [self = weak_from_this()](boost::system::error_code error) {
        const auto connection = self.lock();
        if (!connection || error) return;
        connection->watching_ = false;
        if (connection->jobs_.empty()) return;
        if (SteadyClock::now() - connection->front_since_ > connection->stall_limit_) {
            log::warning("PostgreSQL does not answer; connection given up", {{"query", connection->jobs_.front().query}});
            connection->close();
            return;
        }
        connection->watch_for_stall();
    };
    stall_timer_.async_wait(look);
}

}  // namespace darkroom::pg
