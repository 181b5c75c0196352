#include "services/auth/links_api.hpp"

#include "services/auth/accounts_api.hpp"
#include "services/auth/domain/errors.hpp"
#include "services/auth/links_page.hpp"

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

Result<Password> new_password(std::string_view text, const Account& owner, const PasswordPolicy& policy) {
    auto parsed = Password::parse(text);
    if (!parsed) return parsed;
    const auto apart = policy.check(*parsed, owner.username, owner.email);
    if (!apart) return apart.error();
    return parsed;
}

}  // namespace

const http::Endpoints<LinksApi>& LinksApi::endpoints() {
    static const http::Endpoints<LinksApi> table{
        {Verb::post, "/auth/password/forgot", Access::open, &LinksApi::forgot,
         "Mail a link for a new password. The answer is the same whether there is such an account."},
        {Verb::get,
         "/auth/password/reset",
         Access::open,
         &LinksApi::show_reset,
         "The page that such a link opens.",
         {.response_type = "text/html", .internal = true}},
        {Verb::post, "/auth/password/reset", Access::open, &LinksApi::reset,
         "Set a new password with a mailed token; ends every session."},
        {Verb::get,
         "/auth/email/verify",
         Access::open,
         &LinksApi::show_verify,
         "The page that a link for an address opens.",
         {.response_type = "text/html", .internal = true}},
        {Verb::post, "/auth/email/verify", Access::open, &LinksApi::verify, "Confirm an e-mail address with a mailed token."},
        {Verb::post, "/auth/email/resend", Access::open, &LinksApi::resend,
         "Mail another link to an address that waits to be confirmed. The answer is always the same."},
    };
    return table;
}

awaitable<http::Ok<>> LinksApi::forgot(http::Context& context, http::Body<ForgotRequest> body) {
    co_await links_.note_request(LinkPurpose::password_reset, body->email.text(), device_of(context),
                                 context.correlation_id.text());
    courier_.wake();
    co_return http::Ok<>{.message = "If there is an account with this address, a link is on its way to it"};
}

awaitable<http::Ok<>> LinksApi::resend(http::Context& context, http::Input<ResendRequest> input) {
    const bool is_person = context.caller.signed_in() && !context.caller.is_service();
    if (!input->email && !is_person) fail(invalid_field("email", "is required unless you are signed in"));
    auto email = input->email ? input->email->text() : context.caller.email;
    co_await links_.note_request(LinkPurpose::email_verification, std::move(email), device_of(context),
                                 context.correlation_id.text());
    courier_.wake();
    co_return http::Ok<>{.message = "If this address waits to be confirmed, a link is on its way to it"};
}

awaitable<http::Response> LinksApi::show_reset(http::Query<LinkQuery> query) {
    const auto token = query->token.value_or("");
    const auto owner = co_await links_.find_owner_of(OpaqueToken::from(token), LinkPurpose::password_reset);
    co_return owner ? new_password_page(token, {}, 200) : link_refused_page();
}

awaitable<http::Response> LinksApi::reset(http::Context& context, http::Input<ResetRequest> input) {
    const bool from_page = http::has_form_body(context);
    const auto token = OpaqueToken::from(input->token);
    // Asked before anything is hashed: who has no link may not make us work.
    const auto owner = co_await links_.find_owner_of(token, LinkPurpose::password_reset);
    if (!owner && from_page) co_return link_refused_page();
    if (!owner) fail(link_invalid());
    auto password = new_password(input->new_password, *owner, policy_);
    if (!password) {
        const auto problem = password.error().fields.front().message;
        if (from_page) co_return new_password_page(input->token, "Password " + problem + ".", 422);
        fail(invalid_field("new_password", problem));
    }
    auto hash = co_await hasher_.hash(std::move(*password));
    auto ended = co_await links_.reset_password(token, std::move(hash), device_of(context), context.correlation_id.text());
    if (!ended && from_page) co_return link_refused_page();
    if (!ended) fail(link_invalid());
    co_await revocations_.publish(std::move(*ended));
    courier_.wake();
    if (from_page) co_return password_set_page();
    co_return http::envelope(context, nullptr, "Password set; every session has ended", true, false);
}

awaitable<http::Response> LinksApi::show_verify(http::Query<LinkQuery> query) {
    const auto token = query->token.value_or("");
    auto owner = co_await links_.find_owner_of(OpaqueToken::from(token), LinkPurpose::email_verification);
    if (!owner) owner = co_await links_.find_owner_of(OpaqueToken::from(token), LinkPurpose::email_change);
    co_return owner ? confirm_email_page(token) : link_refused_page();
}

awaitable<http::Response> LinksApi::verify(http::Context& context, http::Input<VerifyRequest> input) {
    const bool from_page = http::has_form_body(context);
    const auto token = OpaqueToken::from(input->token);
    bool verified = co_await links_.verify_email(token, device_of(context), context.correlation_id.text());
    if (!verified) verified = co_await links_.confirm_email_change(token, device_of(context), context.correlation_id.text());
    courier_.wake();
    if (!verified && from_page) co_return link_refused_page();
    if (!verified) fail(link_invalid());
    if (from_page) co_return email_confirmed_page();
    co_return http::envelope(context, nullptr, "Address confirmed", true, false);
}

}  // namespace darkroom::accounts
