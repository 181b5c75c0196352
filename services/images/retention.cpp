#include "services/images/retention.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::images {

awaitable<> Retention::run() {
    while (true) {
        try {
            co_await sweep();
        } catch (const boost::system::system_error& aborted) {  // cancelled: pass it on
            if (aborted.code() == net::error::operation_aborted) throw;
            log::warning("old images stay for now", {{"error", aborted.what()}});
        } catch (const std::exception& failure) {  // the next round finds them again
            log::warning("old images stay for now", {{"error", failure.what()}});
        }
        co_await pause_for(options_.interval);
    }
}

awaitable<> Retention::sweep() {
    if (options_.uploads > 0ms) co_await sweep_uploads();
    if (options_.results > 0ms) {
        bool more = true;
        while (more) more = co_await sweep_results();
    }
    co_await parts_.idempotency.forget_old();
}

awaitable<> Retention::sweep_uploads() {
    std::size_t removed = 0;
    while (true) {
        const auto ids = co_await parts_.uploads.older_than(options_.uploads);
        for (const auto& id : ids) {
            const bool ours = co_await parts_.removal.remove_if_there(id, std::nullopt, CorrelationId().text());
            removed += ours ? 1 : 0;
        }
        if (ids.empty()) break;
    }
    if (removed > 0) log::info("uploads past their time are removed", {{"count", removed}});
}

awaitable<bool> Retention::sweep_results() {
    auto transaction = co_await parts_.pool.begin();
    const auto jobs = co_await parts_.jobs.remove_finished(transaction, options_.results);
    if (jobs.empty()) co_return false;
    std::map<UserId, std::int64_t> freed;
    std::vector<std::string> released;
    for (const auto& job : jobs) {
        freed[job.user_id] += job.result_size.value_or(0);
        if (job.result_sha256) released.push_back(*job.result_sha256);
    }
    for (const auto& [user, bytes] : freed) co_await parts_.usage.give_back(transaction, user, bytes);
    co_await parts_.files.release(transaction, released);
    co_await transaction.commit();
    co_await parts_.collector.collect(std::move(released));
    log::info("processings past their time are removed", {{"count", jobs.size()}});
    co_return true;
}

}  // namespace darkroom::images
