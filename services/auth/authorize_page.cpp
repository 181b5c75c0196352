#include "services/auth/authorize_page.hpp"

#include "services/auth/domain/redirect_uri.hpp"
#include "services/auth/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace darkroom::accounts {

namespace {

constexpr std::string_view title = "Allow access";

struct Meaning {
    std::string_view scope;
    std::string_view text;
};
constexpr std::array meanings{
    Meaning{"openid", "know that you are you"},
    Meaning{"profile", "see your name and picture"},
    Meaning{"email", "see your e-mail address"},
    Meaning{"offline_access", "do this while you are away"},
    Meaning{"images:read", "see your pictures"},
    Meaning{"images:write", "upload, change and delete your pictures"},
    Meaning{"notifications:read", "read your notifications"},
    Meaning{"notifications:write", "mark and delete your notifications"},
    Meaning{"users:self", "see and change your profile"},
    Meaning{"events:read_own", "see what happens in your account"},
    Meaning{"events:subscribe", "be told what happens in your account"},
};

/// What an admin's rights are called is what they do.
std::string_view meaning_of(std::string_view scope) {
    const auto found = std::ranges::find(meanings, scope, &Meaning::scope);
    return found == meanings.end() ? scope : found->text;
}

}  // namespace

http::Response authorize_form_page(const AuthorizeForm& form, int status) {
    std::string wishes;
    for (const auto& scope : form.scopes) wishes += fmt::format("<li>{}</li>\n", escape(meaning_of(scope)));
    std::string hidden;
    for (const auto& [name, value] : form.hidden) {
        hidden += fmt::format("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value));
    }
    const auto body = fmt::format(R"html(<h1>Allow {} to use your account?</h1>
<p>It will be able to:</p>
<ul>
{}</ul>
{}<form method="post" action="/oauth/authorize">
{}<label>E-mail or username<input name="email" value="{}" required maxlength="254" autocomplete="username" autofocus></label>
<label>Password<input type="password" name="password" required maxlength="128" autocomplete="current-password"></label>
<label>Code <small>(if you use an authenticator app)</small><input name="otp" inputmode="numeric" maxlength="32"
autocomplete="one-time-code"></label>
<button name="decision" value="allow">Sign in and allow</button>
<button class="quiet" name="decision" value="deny" formnovalidate>Cancel</button>
</form>
<p><small>You are sent back to {}. Allow only what you trust; you can end it under your signed-in devices.</small></p>
)html",
                                  escape(form.application), wishes, problem_paragraph(form.problem), hidden, escape(form.email),
                                  escape(form_target_of(form.redirect_uri)));
    return page(status, title, body, form_target_of(form.redirect_uri));
}

http::Response authorize_refused_page(std::string_view problem) {
    return page(400, title, "<h1>This request cannot be answered</h1>\n" + problem_paragraph(problem));
}

}  // namespace darkroom::accounts
