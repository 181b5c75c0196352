// /auth/mfa: the caller's second factor.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/accounts_repository.hpp"
#include "services/auth/login_failures_repository.hpp"
#include "services/auth/second_factors.hpp"

namespace darkroom::accounts {

struct OtpRequest {
    std::string otp;
};
BOOST_DESCRIBE_STRUCT(OtpRequest, (), (otp))

struct MfaReply {
    bool totp_enabled = false;
    std::optional<Timestamp> enabled_at{};
    std::int64_t recovery_codes_left = 0;
};
BOOST_DESCRIBE_STRUCT(MfaReply, (), (totp_enabled, enabled_at, recovery_codes_left))

class MfaApi {
public:
    MfaApi(AccountsRepository& accounts, SecondFactors& factors, LoginFailuresRepository& failures)
        : accounts_(accounts), factors_(factors), failures_(failures) {}

    static const http::Endpoints<MfaApi>& endpoints();

private:
    awaitable<http::Ok<MfaReply>> read(http::Context& context);
    awaitable<http::Ok<TotpSetup>> set_up(http::Context& context);
    awaitable<http::Ok<>> confirm(http::Context& context, http::Body<OtpRequest> body);
    awaitable<http::Ok<>> disable(http::Context& context, http::Body<OtpRequest> body);

    AccountsRepository& accounts_;
    SecondFactors& factors_;
    LoginFailuresRepository& failures_;
};

}  // namespace darkroom::accounts
