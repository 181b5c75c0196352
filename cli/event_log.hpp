// Reading the event log at the running bus, with a service token of our own. Blocking.
#pragma once

#include "cli/config.hpp"
#include "cli/control.hpp"
#include "cli/secrets.hpp"
#include "platform/json/described.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

class EventLog {
public:
    /// Of the running system. Every call throws std::runtime_error with one line when it is away.
    EventLog(const SupervisorStatus& running, const SecretStore& secrets);

    /// `query` as GET /events takes it ("correlation_id=…&limit=100"); the envelope's `data`.
    json::Object read(const std::string& query);

private:
    std::uint16_t auth_port_;
    std::uint16_t bus_port_;
    const SecretStore& secrets_;
    std::string token_;
};

/// The events of a page, in the order they came.
std::vector<json::Object> events_of(const json::Object& page);

}  // namespace darkroom::cli
