// /auth/password/forgot, /auth/password/reset, /auth/email/verify, /auth/email/resend: what is done through a mailbox.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/auth/courier.hpp"
#include "services/auth/password_hasher.hpp"
#include "services/auth/revocation_publisher.hpp"

namespace darkroom::accounts {

struct ForgotRequest {
    Email email{};
};
BOOST_DESCRIBE_STRUCT(ForgotRequest, (), (email))

/// A person's own address unless they name one, which they must who cannot sign in yet.
struct ResendRequest {
    std::optional<Email> email;
};
BOOST_DESCRIBE_STRUCT(ResendRequest, (), (email))

struct LinkQuery {
    std::optional<std::string> token;
};
BOOST_DESCRIBE_STRUCT(LinkQuery, (), (token))

struct ResetRequest {
    std::string token;
    std::string new_password;
};
BOOST_DESCRIBE_STRUCT(ResetRequest, (), (token, new_password))

struct VerifyRequest {
    std::string token;
};
BOOST_DESCRIBE_STRUCT(VerifyRequest, (), (token))

class LinksApi {
public:
    LinksApi(LinksRepository& links, Courier& courier, PasswordHasher& hasher, RevocationPublisher& revocations,
             PasswordPolicy policy)
        : links_(links), courier_(courier), hasher_(hasher), revocations_(revocations), policy_(policy) {}

    static const http::Endpoints<LinksApi>& endpoints();

private:
    awaitable<http::Ok<>> forgot(http::Context& context, http::Body<ForgotRequest> body);
    awaitable<http::Ok<>> resend(http::Context& context, http::Input<ResendRequest> input);
    awaitable<http::Response> show_reset(http::Query<LinkQuery> query);
    awaitable<http::Response> reset(http::Context& context, http::Input<ResetRequest> input);
    awaitable<http::Response> show_verify(http::Query<LinkQuery> query);
    awaitable<http::Response> verify(http::Context& context, http::Input<VerifyRequest> input);

    LinksRepository& links_;
    Courier& courier_;
    PasswordHasher& hasher_;
    RevocationPublisher& revocations_;
    PasswordPolicy policy_;
};

}  // namespace darkroom::accounts
