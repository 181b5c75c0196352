#include "services/auth/page.hpp"

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
ul { margin: 0 0 1.25rem; padding-left: 1.25rem; }
button { width: 100%; padding: .7rem; font: inherit; font-weight: 600; border: 0; border-radius: .4rem; cursor: pointer;
  background: #b3261e; color: #fff; }
.quiet { margin-top: .6rem; background: transparent; color: inherit; }
small { font-weight: 400; }
.problem { padding: .6rem .7rem; border-left: .25rem solid #b3261e; background: color-mix(in srgb, #b3261e 12%, Canvas); }
)css";

/// The one inline style is allowed by its digest, so nothing injected could take its place.
std::string content_security_policy(std::string_view form_target) {
    static const std::string style_digest = [] {
        const auto digest = sha256(style);
        return base64_encode(view_of(digest));
    }();
    return fmt::format(
        "default-src 'none'; style-src 'sha256-{}'; form-action 'self'{}{}; base-uri 'none'; frame-ancestors 'none'",
        style_digest, form_target.empty() ? "" : " ", form_target);
}

}  // namespace

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

std::string problem_paragraph(std::string_view problem) {
    if (problem.empty()) return {};
    return fmt::format("<p class=\"problem\" role=\"alert\">{}</p>\n", escape(problem));
}

http::Response page(int status, std::string_view title, std::string_view body, std::string_view form_target) {
    auto html = fmt::format(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{}</title>\n"
        "<style>{}</style>\n</head>\n<body>\n<main>\n{}</main>\n</body>\n</html>\n",
        escape(title), style, body);
    auto response = http::Response::text(status, "text/html; charset=utf-8", std::move(html));
    response.headers.set("Content-Security-Policy", content_security_policy(form_target));
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    return response;
}

}  // namespace darkroom::accounts
