// auth-service and event-bus as far as user-service talks to them: small, scriptable, over real HTTP.
#pragma once

#include "platform/bus/envelope.hpp"
#include "platform/testing/test_service.hpp"
#include "services/users/users_repository.hpp"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace darkroom::users {

/// What the neighbours know and were told. Tests read and write it between requests.
struct NeighbourState {
    std::map<std::string, AccountCopy> accounts;
    /// Commands that arrived, as sent.
    std::vector<json::Object> commands;
    /// Answers every command instead of obeying it.
    std::optional<Error> refusal;
    /// An address waits until it is confirmed, unless the command says that it is.
    bool confirms_email = false;
    std::vector<bus::Envelope> log;
    /// {"section", "items"} each: what every one of the services holds about anybody.
    std::vector<json::Object> export_pages;
    /// From this page on nobody answers.
    std::size_t export_ends = 1000;
    /// By digest.
    std::map<std::string, std::string> files;
};

class Neighbours {
public:
    explicit Neighbours(Runtime& runtime);

    std::string url() const;
    NeighbourState& state() { return state_; }
    awaitable<> stop() { return service_->stop(); }

    /// Stores the event as the bus would.
    template <class Event>
    void publish(const Event& event) {
        append(bus::make_envelope(event, {.source = "auth-service", .correlation_id = "test", .user_id = event.user_id}));
    }
    /// An account that auth knows, and its user.created when `announced`.
    AccountCopy add_account(const std::string& id, const std::string& username, bool announced = true);

private:
    void append(bus::Envelope envelope);

    NeighbourState state_;
    std::unique_ptr<testing::TestService> service_;
};

events::UserFacts facts_of(const AccountCopy& account);

}  // namespace darkroom::users
