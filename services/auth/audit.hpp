// What happens to the security of an account goes to the event log as `audit.*`, for its owner and for admins.
//
//     co_await append_audit<events::AuditApiKeyCreated>(transaction, {account, device, correlation_id}, {.subject_id = id});
//
// Nothing that is secret or was typed belongs there: no token, no password, not even a wrong one.
#pragma once

#include "events/audit.hpp"
#include "platform/bus/outbox.hpp"
#include "services/auth/account_events.hpp"
#include "services/auth/domain/device.hpp"

namespace darkroom::accounts {

/// Whose account, and who did it from where.
struct Audited {
    UserId account{};
    Device device{};
    std::string correlation_id{};
};

struct AuditDetail {
    std::optional<std::string> reason{};
    std::optional<std::string> subject_id{};
};

/// The event exists if and only if `transaction` commits.
template <class Event>
awaitable<> append_audit(pg::Transaction& transaction, const Audited& audited, AuditDetail detail = {}) {
    const auto some = [](const std::string& text) { return text.empty() ? std::optional<std::string>() : text; };
    Event event;
    event.user_id = audited.account.text();
    event.ip = some(audited.device.address);
    event.user_agent = some(audited.device.user_agent);
    event.reason = std::move(detail.reason);
    event.subject_id = std::move(detail.subject_id);
    return bus::outbox::append(transaction, event, event_context(audited.account, audited.correlation_id));
}

}  // namespace darkroom::accounts
