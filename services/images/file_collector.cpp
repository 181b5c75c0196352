#include "services/images/file_collector.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

#include <algorithm>

namespace darkroom::images {

namespace {

constexpr Milliseconds sweep_interval = 30s;
/// A file this old has no row because its transaction was lost, not because it is still open.
constexpr Seconds orphan_age = std::chrono::hours{1};
/// An upload takes half an hour at most.
constexpr Seconds leftover_age = std::chrono::hours{24};
/// Reading whole directories is dear, and what it finds is rare.
constexpr Milliseconds orphan_interval = std::chrono::hours{1};

}  // namespace

awaitable<> FileCollector::collect(std::vector<std::string> digests) {
    std::ranges::sort(digests);
    const auto repeated = std::ranges::unique(digests);
    digests.erase(repeated.begin(), repeated.end());
    for (const auto& digest : digests) co_await collect_one(digest);
}

awaitable<> FileCollector::collect_one(std::string sha256) {
    auto transaction = co_await pool_.begin();
    const bool unreferenced = co_await files_.lock_unreferenced(transaction, sha256);
    if (!unreferenced) co_return;
    // First the file: a row without a file is mended by the next upload of the same content, a file without a row would stay.
    co_await store_.remove(sha256);
    co_await files_.forget(transaction, sha256);
    co_await transaction.commit();
}

awaitable<> FileCollector::sweep(bool orphans) {
    if (orphans) {
        const auto leftovers = co_await store_.remove_incoming_older_than(leftover_age);
        if (leftovers > 0) log::info("half-written files removed", {{"count", leftovers}});
        auto old_files = co_await store_.list_older_than(orphan_age);
        const auto adopted = co_await files_.adopt_orphans(std::move(old_files));
        if (adopted > 0) log::info("orphaned files found", {{"count", adopted}});
    }
    co_await collect_unreferenced();
}

awaitable<> FileCollector::collect_unreferenced() {
    while (true) {
        auto digests = co_await files_.unreferenced();
        if (digests.empty()) co_return;
        co_await collect(std::move(digests));
    }
}

awaitable<> FileCollector::run() {
    auto orphans_due = SteadyClock::now();
    while (true) {
        try {
            const bool orphans = SteadyClock::now() >= orphans_due;
            co_await sweep(orphans);
            if (orphans) orphans_due = SteadyClock::now() + orphan_interval;
        } catch (const boost::system::system_error& aborted) {
            if (aborted.code() == net::error::operation_aborted) throw;
            log::warning("unneeded files stay for now", {{"error", aborted.what()}});
        } catch (const std::exception& failure) {
            log::warning("unneeded files stay for now", {{"error", failure.what()}});
        }
        co_await pause_for(sweep_interval);
    }
}

}  // namespace darkroom::images
