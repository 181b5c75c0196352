// The certificate that the gateway shows to its clients, renewed while it runs.
#pragma once

#include "platform/async/io.hpp"
#include "platform/http/tls.hpp"
#include "platform/telemetry/metrics.hpp"
#include "services/gateway/config.hpp"

#include <filesystem>
#include <memory>

namespace darkroom::gateway {

/// Loop thread only.
class Certificate {
public:
    /// Throws Failure when a file cannot be used. Config has tried them before; they may have changed since.
    Certificate(TlsFiles files, telemetry::Metrics& metrics);

    /// What the server takes the context of each new connection from.
    std::shared_ptr<const http::TlsSlot> slot() const { return slot_; }
    /// Looks at the files every ten seconds and takes up what has changed; connections that are open keep what they have.
    /// Files that cannot be used are logged, and the certificate in use stays. Until cancelled.
    awaitable<> watch();
    /// One such look.
    void renew_if_changed();

private:
    using Times = std::pair<std::filesystem::file_time_type, std::filesystem::file_time_type>;
    Times times() const;

    TlsFiles files_;
    std::shared_ptr<http::TlsSlot> slot_;
    Times seen_;
};

}  // namespace darkroom::gateway
