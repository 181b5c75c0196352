#include "services/auth/mfa_api.hpp"

#include "services/auth/accounts_api.hpp"
#include "services/auth/domain/errors.hpp"

namespace darkroom::accounts {

using http::Access;
using http::Verb;

const http::Endpoints<MfaApi>& MfaApi::endpoints() {
    static const http::Endpoints<MfaApi> table{
        {Verb::get, "/auth/mfa", Access::session, &MfaApi::read, "Say whether the caller has a second factor."},
        {Verb::post, "/auth/mfa/totp/setup", Access::session, &MfaApi::set_up,
         "Begin with an authenticator app: secret, URI for a QR code, recovery codes, shown this once."},
        {Verb::post, "/auth/mfa/totp/confirm", Access::session, &MfaApi::confirm,
         "Show a code of the app; from now on signing in needs one."},
        {Verb::post, "/auth/mfa/totp/disable", Access::session, &MfaApi::disable,
         "Give the second factor up, with a code of the app or a recovery code."},
    };
    return table;
}

awaitable<http::Ok<MfaReply>> MfaApi::read(http::Context& context) {
    const auto factor = co_await factors_.find(context.caller.user_id);
    http::Ok<MfaReply> reply;
    if (factor && factor->confirmed) reply.data = {true, factor->confirmed_at, factor->unused_recovery_codes};
    co_return reply;
}

awaitable<http::Ok<TotpSetup>> MfaApi::set_up(http::Context& context) {
    auto account = co_await accounts_.find(context.caller.user_id);
    if (!account) fail(session_revoked());
    auto setup = co_await factors_.set_up(std::move(*account));
    context.response_headers.set("Cache-Control", "no-store");
    co_return http::Ok<TotpSetup>{std::move(setup), "Confirm with a code of the app; this is not shown again"};
}

awaitable<http::Ok<>> MfaApi::confirm(http::Context& context, http::Body<OtpRequest> body) {
    const bool confirmed = co_await factors_.confirm(audited(context), std::move(body.value.otp));
    if (!confirmed) fail(wrong_otp());
    co_return http::Ok<>{.message = "The second factor is on"};
}

awaitable<http::Ok<>> MfaApi::disable(http::Context& context, http::Body<OtpRequest> body) {
    const auto& id = context.caller.user_id;
    const auto factor = co_await factors_.find(id);
    if (!factor || !factor->confirmed) fail(mfa_not_enabled());
    // A session that was left open must not become a place to guess codes at.
    const auto locked = co_await failures_.locked_for(id.text());
    if (locked) fail(account_locked(*locked));
    const bool right = co_await factors_.use(id, *factor, std::move(body.value.otp));
    if (!right) {
        auto account = co_await accounts_.find(id);
        co_await failures_.record(id.text(), std::move(account), "wrong_otp", device_of(context),
                                  context.correlation_id.text());
        fail(wrong_otp());
    }
    co_await factors_.remove(audited(context));
    co_return http::Ok<>{.message = "The second factor is off"};
}

}  // namespace darkroom::accounts
