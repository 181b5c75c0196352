// One pipelined connection; private to this module. Loop thread only.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/async/runtime.hpp"
#include "platform/pg/errors.hpp"
#include "platform/pg/result_set.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

struct pg_conn;

namespace darkroom::pg {

/// Where to connect, and all the state a session is given.
struct SessionOptions {
    /// For libpq (DatabaseUrl::conninfo or ::direct).
    std::string url;
    Milliseconds connect_deadline = 3s;
    Milliseconds statement_deadline = 10s;
    Milliseconds idle_transaction_deadline = 60s;
    std::string application_name = "darkroom";
    /// A transaction pooler is in between: no session settings, no named statements.
    bool pooled = false;
};

struct ServerError {
    std::string sqlstate;
    std::string message;
    std::string constraint;
};

/// Neither result nor error: the connection was lost, and the statement may or may not have been executed.
struct Completion {
    std::optional<ResultSet> result{};
    std::optional<ServerError> error{};
};

/// The rows, or the exception that errors.hpp promises.
ResultSet unwrap(Completion completion, Query query, ConstraintErrors errors);

class Connection : public std::enable_shared_from_this<Connection> {
public:
    using OnDone = std::function<void(Completion)>;

    /// Connected and set up; else a Failure whose text is the cause, for the log.
    static awaitable<std::shared_ptr<Connection>> open(CpuPool& cpu, SessionOptions options);

    /// Takes ownership of an established connection; use `open`.
    Connection(Executor executor, pg_conn* connection, const SessionOptions& options);
    ~Connection();

    /// Never waits. `done` is called once, on the loop, at once if the connection is lost already. Statements are executed in
    /// order, each for itself; `begin_first` puts a BEGIN before this one so that neither is executed without the other.
    void send(Query query, const Parameters& parameters, bool begin_first, OnDone done);
    /// Everything in flight completes as lost. Idempotent.
    void close();
    bool is_open() const { return connection_ != nullptr; }
    std::size_t in_flight() const { return jobs_.size(); }

    void on_notification(std::function<void()> callback) { on_notification_ = std::move(callback); }
    /// Called once, from `close`.
    void on_close(std::function<void()> callback) { on_close_ = std::move(callback); }

private:
    struct Job {
        std::string query;
        /// The statement prepared by this job, to be forgotten if that fails.
        std::string prepares;
        OnDone done;
        std::optional<ResultSet> result{};
        std::optional<ServerError> error{};
    };

    void start();
    bool send_statement(Query query, const Parameters& parameters, Job& job);
    void sync();
    void flush();
    void flush_soon();
    void wait_readable();
    void on_readable();
    void read_results();
    void read_notifications();
    void take_result(pg_result* result);
    void complete_front();
    void watch_for_stall();

    Executor executor_;
    pg_conn* connection_;
    /// A duplicate: Asio closes its descriptor, libpq its own.
    StreamDescriptor stream_;
    Timer stall_timer_;
    Milliseconds stall_limit_;
    bool pooled_;
    SteadyClock::time_point front_since_{};
    bool watching_ = false;
    bool flush_scheduled_ = false;
    bool waiting_writable_ = false;
    std::deque<Job> jobs_;
    /// SQL text → name of the prepared statement.
    std::unordered_map<std::string, std::string> prepared_;
    std::uint64_t prepared_count_ = 0;
    std::function<void()> on_notification_;
    std::function<void()> on_close_;
};

}  // namespace darkroom::pg
