// The events of this service, from what the database returned.
#pragma once

#include "events/token_refreshed.hpp"
#include "events/user_created.hpp"
#include "events/user_login.hpp"
#include "events/user_logout.hpp"
#include "events/user_updated.hpp"
#include "platform/bus/envelope.hpp"
#include "services/auth/domain/account.hpp"

namespace darkroom::accounts {

events::UserCreated created_event(const Account& account);
events::UserUpdated updated_event(const Account& account, std::vector<std::string> updated_fields);
events::UserLogin login_event(const UserId& account, const SessionId& session);
events::UserLogout logout_event(const UserId& account, const SessionId& session);
events::TokenRefreshed refreshed_event(const UserId& account, const SessionId& session);

bus::EventContext event_context(const UserId& account, std::string correlation_id);

}  // namespace darkroom::accounts
