#include "services/auth/setup_api.hpp"

#include "services/auth/domain/errors.hpp"
#include "services/auth/setup_page.hpp"

namespace darkroom::accounts {

using http::Access;
using http::Verb;

const http::Endpoints<SetupApi>& SetupApi::endpoints() {
    static const http::Endpoints<SetupApi> table{
        {Verb::get,
         "/auth/setup",
         Access::open,
         &SetupApi::show_form,
         "The page that makes the first admin.",
         {.response_type = "text/html", .internal = true}},
        {Verb::post,
         "/auth/setup",
         Access::open,
         &SetupApi::submit_form,
         "Make the first admin.",
         {.response_type = "text/html", .internal = true}},
    };
    return table;
}

awaitable<http::Response> SetupApi::show_form(http::Query<SetupQuery> query) {
    const auto token = query->token.value_or("");
    const bool good = co_await setup_.is_good_link(OpaqueToken::from(token));
    if (!good) co_return setup_refused_page(setup_link_invalid().detail);
    co_return setup_form_page({.token = token}, 200);
}

awaitable<http::Response> SetupApi::submit_form(http::Context& context, http::Form<SetupSubmission> form) {
    SetupForm shown{form->token.value_or(""), form->email.value_or(""), {}};
    const auto token = OpaqueToken::from(shown.token);
    // Asked before anything is hashed: who has no link may not make us work.
    const bool good = co_await setup_.is_good_link(token);
    if (!good) co_return setup_refused_page(setup_link_invalid().detail);
    auto email = Email::parse(shown.email);
    auto password = Password::parse(form->password.value_or(""));
    if (!email) shown.problem = "E-mail " + email.error().fields.front().message + ". ";
    if (!password) shown.problem += "Password " + password.error().fields.front().message + ".";
    if (!shown.problem.empty()) co_return setup_form_page(shown, 422);
    const auto username = Username::derived_from(email->local_part());
    const auto apart = policy_.check(*password, username, *email);
    if (!apart) shown.problem = "Password " + apart.error().fields.front().message + ".";
    if (!apart) co_return setup_form_page(shown, 422);
    const bool taken = co_await setup_.is_email_taken(*email);
    if (taken) shown.problem = "This e-mail belongs to an account already.";
    if (taken) co_return setup_form_page(shown, 409);
    NewAccount input;
    input.email = *email;
    input.username = co_await setup_.free_username(username);
    input.password_hash = co_await hasher_.hash(std::move(*password));
    const auto made = co_await setup_.create_admin_by_link(token, std::move(input), context.correlation_id.text());
    co_return setup_done_page(made.email.text());
}

}  // namespace darkroom::accounts
