#include "services/auth/authorize_api.hpp"

#include "services/auth/accounts_api.hpp"

#include <algorithm>

namespace darkroom::accounts {

using http::Access;
using http::Verb;

namespace {

constexpr std::size_t max_parameter = 1024;

struct ProtocolError {
    std::string_view code;
};

/// What is wrong with a request whose redirect URI is known to be its own.
std::optional<ProtocolError> error_in(const AuthorizeParameters& parameters, const StoredClient& client, const Scopes& scopes) {
    if (parameters.request) return ProtocolError{"request_not_supported"};
    if (parameters.request_uri) return ProtocolError{"request_uri_not_supported"};
    if (!parameters.response_type) return ProtocolError{"invalid_request"};
    if (*parameters.response_type != "code") return ProtocolError{"unsupported_response_type"};
    if (parameters.response_mode.value_or("query") != "query") return ProtocolError{"invalid_request"};
    if (!client.may_use(GrantType::authorization_code)) return ProtocolError{"unauthorized_client"};
    if (parameters.code_challenge_method.value_or("plain") != "S256") return ProtocolError{"invalid_request"};
    if (!is_code_challenge(parameters.code_challenge.value_or(""))) return ProtocolError{"invalid_request"};
    if (scopes.empty() || !is_subset(scopes, client.scopes)) return ProtocolError{"invalid_scope"};
    // There is no session that could answer without a page.
    if (parameters.prompt.value_or("") == "none") return ProtocolError{"login_required"};
    for (const auto& text : {parameters.state, parameters.nonce}) {
        if (text && text->size() > max_parameter) return ProtocolError{"invalid_request"};
    }
    return std::nullopt;
}

/// The one that it names, which must be registered; or the only one that is.
std::optional<std::string> redirect_uri_of(const AuthorizeParameters& parameters, const StoredClient& client) {
    if (!parameters.redirect_uri) {
        return client.redirect_uris.size() == 1 ? std::optional(client.redirect_uris.front()) : std::nullopt;
    }
    const auto is_it = [&](const std::string& registered) { return is_same_redirect(registered, *parameters.redirect_uri); };
    return std::ranges::any_of(client.redirect_uris, is_it) ? parameters.redirect_uri : std::nullopt;
}

AuthorizeForm form_of(const AuthorizeParameters& parameters, std::string application, std::string redirect_uri, Scopes scopes) {
    AuthorizeForm form{std::move(application), std::move(redirect_uri), std::move(scopes), {}};
    boost::mp11::mp_for_each<json::MembersOf<AuthorizeParameters>>([&](auto member) {
        if (const auto& value = parameters.*member.pointer) form.hidden.emplace_back(member.name, *value);
    });
    return form;
}

}  // namespace

const http::Endpoints<AuthorizeApi>& AuthorizeApi::endpoints() {
    static const http::Endpoints<AuthorizeApi> table{
        {Verb::get,
         "/oauth/authorize",
         Access::open,
         &AuthorizeApi::show,
         "The page where a person signs in and allows an application (RFC 6749 §4.1.1, PKCE with S256).",
         {.response_type = "text/html"}},
        {Verb::post,
         "/oauth/authorize",
         Access::open,
         &AuthorizeApi::decide,
         "What that page sends.",
         {.response_type = "text/html", .internal = true}},
    };
    return table;
}

http::Response AuthorizeApi::redirect(std::string_view uri, const std::optional<std::string>& state, std::string name,
                                      std::string value) const {
    std::vector<std::pair<std::string, std::string>> parameters{{std::move(name), std::move(value)}};
    if (state) parameters.emplace_back("state", *state);
    // RFC 9207: whose answer it is.
    parameters.emplace_back("iss", issuer_);
    // 303, so that the password is not posted on.
    auto response = http::Response::redirect(with_parameters(uri, parameters), 303);
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("Referrer-Policy", "no-referrer");
    return response;
}

awaitable<AuthorizeApi::Checked> AuthorizeApi::check(AuthorizeParameters parameters) {
    Checked checked;
    auto client = co_await clients_.find(parameters.client_id.value_or(""));
    if (!client) {
        checked.refusal = authorize_refused_page("client_id: there is no such application.");
        co_return checked;
    }
    auto redirect_uri = redirect_uri_of(parameters, *client);
    if (!redirect_uri) {
        checked.refusal = authorize_refused_page("redirect_uri: is not one that this application has registered.");
        co_return checked;
    }
    checked.scopes = parameters.scope ? parse_scope(*parameters.scope) : client->scopes;
    if (const auto error = error_in(parameters, *client, checked.scopes)) {
        checked.refusal = redirect(*redirect_uri, parameters.state, "error", std::string(error->code));
    }
    checked.client = std::move(*client);
    checked.redirect_uri = std::move(*redirect_uri);
    co_return checked;
}

awaitable<http::Response> AuthorizeApi::show(http::Query<AuthorizeParameters> query) {
    auto checked = co_await check(query.value);
    if (checked.refusal) co_return std::move(*checked.refusal);
    const auto form = form_of(query.value, checked.client.name, checked.redirect_uri, checked.scopes);
    co_return authorize_form_page(form, 200);
}

awaitable<http::Response> AuthorizeApi::decide(http::Context& context, http::Form<AuthorizeSubmission> form) {
    auto& submission = form.value;
    auto checked = co_await check(submission);
    if (checked.refusal) co_return std::move(*checked.refusal);
    if (submission.decision.value_or("") != "allow") {
        co_return redirect(checked.redirect_uri, submission.state, "error", "access_denied");
    }
    SignInAttempt attempt{.email_or_username = submission.email.value_or(""),
                          .password = Secret(submission.password.value_or("")),
                          .otp = submission.otp,
                          .device = device_of(context),
                          .correlation_id = context.correlation_id.text()};
    // An empty field of the form is no code.
    if (attempt.otp && attempt.otp->empty()) attempt.otp.reset();
    auto person = co_await sign_in_.prove(std::move(attempt));
    if (!person) {
        auto again = form_of(submission, checked.client.name, checked.redirect_uri, checked.scopes);
        again.email = submission.email.value_or("");
        again.problem = person.error().detail;
        co_return authorize_form_page(again, 422);
    }
    co_return co_await permit(context, std::move(submission), std::move(checked), std::move(*person));
}

awaitable<http::Response> AuthorizeApi::permit(http::Context& context, AuthorizeSubmission submission, Checked checked,
                                               Credentials person) {
    auto scopes = scopes_of_role(std::move(checked.scopes), person.role);
    if (scopes.empty()) co_return redirect(checked.redirect_uri, submission.state, "error", "access_denied");
    Permission permission{.client_id = checked.client.client_id,
                          .redirect_uri = checked.redirect_uri,
                          .scopes = std::move(scopes),
                          .code_challenge = *submission.code_challenge,
                          .nonce = submission.nonce};
    const Audited audited{person.id, device_of(context), context.correlation_id.text()};
    const auto code = co_await grants_.permit(std::move(permission), audited);
    co_return redirect(checked.redirect_uri, submission.state, "code", std::string(code.reveal()));
}

}  // namespace darkroom::accounts
