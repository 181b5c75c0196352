#include "services/auth/setup_page.hpp"

#include "platform/core/encoding.hpp"

#include <fmt/format.h>

namespace darkroom::accounts {

namespace {

constexpr std::string_view style = R"css(
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { width: min(24rem, calc(100vw - 3rem)); padding: 2rem 0; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; }
p { margin: 0 0 1.25rem; }
label { display: block; margin: 0 0 1rem; font-weight: 600; }
input { display: block; box-sizing: border-box; width: 100%; margin-top: .25rem; padding: .6rem .7rem; font: inherit;
  border: 1px solid GrayText; border-radius: .4rem; background: Field; color: FieldText; }
button { width: 100%; padding: .7rem; font: inherit; font-weight: 600; border: 0; border-radius: .4rem; cursor: pointer;
  background: #b3261e; color: #fff; }
small { font-weight: 400; }
.problem { padding: .6rem .7rem; border-left: .25rem solid #b3261e; background: color-mix(in srgb, #b3261e 12%, Canvas); }
)css";

std::string escape(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            case '"': escaped += "&quot;"; break;
            case '\'': escaped += "&#39;"; break;
            default: escaped += c;
        }
    }
    return escaped;
}

/// The one inline style is allowed by its digest, so nothing injected could take its place.
const std::string& content_security_policy() {
    static const std::string policy = [] {
        const auto digest = sha256(style);
        const std::string_view bytes(static_cast<const char*>(static_cast<const void*>(digest.data())), digest.size());
        return fmt::format(
            "default-src 'none'; style-src 'sha256-{}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            base64_encode(bytes));
    }();
    return policy;
}

http::Response page(int status, std::string_view body) {
    auto html = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>Set up Darkroom</title>\n"
        "<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        style, body);
    auto response = http::Response::text(status, "text/html; charset=utf-8", std::move(html));
    response.headers.set("Content-Security-Policy", content_security_policy());
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    return response;
}

}  // namespace

http::Response setup_form_page(const SetupForm& form, int status) {
    const auto problem = form.problem.empty()
                             ? std::string()
                             : fmt::format("<p class=\"problem\" role=\"alert\">{}</p>\n", escape(form.problem));
    return page(status, fmt::format(R"html(<h1>Set up Darkroom</h1>
<p>Choose how you sign in as the administrator. This link works once.</p>
{}<form method="post" action="/auth/setup">
<input type="hidden" name="token" value="{}">
<label>E-mail<input type="email" name="email" value="{}" required maxlength="254" autocomplete="username" autofocus></label>
<label>Password <small>(8 characters or more)</small><input type="password" name="password" required minlength="8" maxlength="128"
autocomplete="new-password"></label>
<button>Create the account</button>
</form>
)html",
                                    problem, escape(form.token), escape(form.email)));
}

http::Response setup_done_page(std::string_view email) {
    return page(200, fmt::format(R"html(<h1>Darkroom is ready</h1>
<p>{} is the administrator now.</p>
<p>Sign in with your e-mail and password. <a href="/docs">The API, and a way to try it</a></p>
)html",
                                 escape(email)));
}

http::Response setup_refused_page(std::string_view problem) {
    return page(403, fmt::format("<h1>Set up Darkroom</h1>\n<p class=\"problem\" role=\"alert\">{}</p>\n", escape(problem)));
}

}  // namespace darkroom::accounts
