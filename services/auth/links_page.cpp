#include "services/auth/links_page.hpp"

#include "services/auth/page.hpp"

#include <fmt/format.h>

namespace darkroom::accounts {

namespace {

constexpr std::string_view password_title = "Choose a new password";
constexpr std::string_view email_title = "Confirm your e-mail address";

}  // namespace

http::Response new_password_page(std::string_view token, std::string_view problem, int status) {
    return page(status, password_title,
                fmt::format(R"html(<h1>Choose a new password</h1>
<p>It ends every session that is signed in to your account.</p>
{}<form method="post" action="/auth/password/reset">
<input type="hidden" name="token" value="{}">
<label>New password <small>(8 characters or more)</small><input type="password" name="new_password" required minlength="8"
maxlength="128" autocomplete="new-password" autofocus></label>
<button>Set the password</button>
</form>
)html",
                            problem_paragraph(problem), escape(token)));
}

http::Response password_set_page() {
    return page(200, password_title, "<h1>Your password is set</h1>\n<p>Sign in with it wherever you use Darkroom.</p>\n");
}

http::Response confirm_email_page(std::string_view token) {
    // A button, because programs that read mail open links.
    return page(200, email_title,
                fmt::format(R"html(<h1>Confirm your e-mail address</h1>
<form method="post" action="/auth/email/verify">
<input type="hidden" name="token" value="{}">
<button autofocus>This address is mine</button>
</form>
)html",
                            escape(token)));
}

http::Response email_confirmed_page() {
    return page(200, email_title, "<h1>Your address is confirmed</h1>\n<p>You can sign in now.</p>\n");
}

http::Response link_refused_page() {
    return page(403, "This link is not good",
                "<h1>This link is not good any more</h1>\n<p>It works once and for a limited time. Ask for a new one.</p>\n");
}

}  // namespace darkroom::accounts
