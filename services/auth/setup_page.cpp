#include "services/auth/setup_page.hpp"

#include "services/auth/page.hpp"

#include <fmt/format.h>

namespace darkroom::accounts {

namespace {

constexpr std::string_view title = "Set up Darkroom";

}  // namespace

http::Response setup_form_page(const SetupForm& form, int status) {
    return page(status, title,
                fmt::format(R"html(<h1>Set up Darkroom</h1>
<p>Choose how you sign in as the administrator. This link works once.</p>
{}<form method="post" action="/auth/setup">
<input type="hidden" name="token" value="{}">
<label>E-mail<input type="email" name="email" value="{}" required maxlength="254" autocomplete="username" autofocus></label>
<label>Password <small>(8 characters or more)</small><input type="password" name="password" required minlength="8" maxlength="128"
autocomplete="new-password"></label>
<button>Create the account</button>
</form>
)html",
                            problem_paragraph(form.problem), escape(form.token), escape(form.email)));
}

http::Response setup_done_page(std::string_view email) {
    return page(200, title,
                fmt::format(R"html(<h1>Darkroom is ready</h1>
<p>{} is the administrator now.</p>
<p>Sign in with your e-mail and password. <a href="/docs">The API, and a way to try it</a></p>
)html",
                            escape(email)));
}

http::Response setup_refused_page(std::string_view problem) {
    return page(403, title, "<h1>Set up Darkroom</h1>\n" + problem_paragraph(problem));
}

}  // namespace darkroom::accounts
