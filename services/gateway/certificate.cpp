#include "services/gateway/certificate.hpp"

#include "platform/async/deadline.hpp"
#include "platform/core/log.hpp"

namespace darkroom::gateway {

namespace {

constexpr Milliseconds interval = 10s;

}  // namespace

Certificate::Certificate(TlsFiles files, telemetry::Metrics& metrics)
    : files_(std::move(files)), slot_(std::make_shared<http::TlsSlot>()), seen_(times()) {
    slot_->current = http::TlsContext::load(files_.certificate, files_.key).value();
    metrics.observe("darkroom_gateway_certificate_expiry_timestamp_seconds", "When the TLS certificate ends, Unix time.", {},
                    [slot = slot_] {
                        const auto end = slot->current->not_after().time_since_epoch();
                        return std::chrono::duration<double>(end).count();
                    });
}

/// A file that is missing, perhaps for a moment, has the earliest of times.
Certificate::Times Certificate::times() const {
    std::error_code missing;
    return {std::filesystem::last_write_time(files_.certificate, missing),
            std::filesystem::last_write_time(files_.key, missing)};
}

void Certificate::renew_if_changed() {
    const auto now = times();
    if (now == seen_) return;
    seen_ = now;
    auto renewed = http::TlsContext::load(files_.certificate, files_.key);
    if (!renewed) {
        // Half of a renewal: its other half changes the times once more.
        log::error("the changed TLS certificate cannot be used", {{"problem", renewed.error().detail}});
        return;
    }
    slot_->current = std::move(*renewed);
    log::info("TLS certificate taken up", {{"not_after", to_rfc3339(slot_->current->not_after())}});
}

awaitable<> Certificate::watch() {
    while (true) {
        co_await pause_for(interval);
        renew_if_changed();
    }
}

}  // namespace darkroom::gateway
