#include "services/auth/account_events.hpp"

namespace darkroom::accounts {

namespace {

template <class Event>
Event with_facts(const Account& account) {
    Event event;
    event.user_id = account.id.text();
    event.email = account.email.text();
    event.username = account.username.text();
    event.full_name = account.full_name.text();
    event.role = auth::role_text(account.role);
    event.status = json::enum_text(account.status);
    if (account.avatar_url) event.avatar_url = account.avatar_url->text();
    event.created_at = account.created_at;
    event.updated_at = account.updated_at;
    event.version = account.version;
    return event;
}

template <class Event>
Event with_session(const UserId& account, const SessionId& session) {
    Event event;
    event.user_id = account.text();
    event.session_id = session.text();
    return event;
}

}  // namespace

events::UserCreated created_event(const Account& account) {
    return with_facts<events::UserCreated>(account);
}

events::UserUpdated updated_event(const Account& account, std::vector<std::string> updated_fields) {
    auto event = with_facts<events::UserUpdated>(account);
    event.updated_fields = std::move(updated_fields);
    return event;
}

events::UserLogin login_event(const UserId& account, const SessionId& session) {
    return with_session<events::UserLogin>(account, session);
}

events::UserLogout logout_event(const UserId& account, const SessionId& session) {
    return with_session<events::UserLogout>(account, session);
}

events::TokenRefreshed refreshed_event(const UserId& account, const SessionId& session) {
    return with_session<events::TokenRefreshed>(account, session);
}

bus::EventContext event_context(const UserId& account, std::string correlation_id) {
    return {.source = "auth-service", .correlation_id = std::move(correlation_id), .user_id = account.text()};
}

}  // namespace darkroom::accounts
