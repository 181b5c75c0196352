// The texts of outgoing mail: templates/<name>.txt and .html, embedded, filled with values.
//
//     {{name}}                 the value; escaped in HTML. Unknown names are empty.
//     {{#name}}…{{/name}}      only when the value is not empty; {{^name}}…{{/name}} only when it is
//     {{>content}}             in a layout: where the mail's own text stands
//
// The first line of a .txt is "Subject: …".
#pragma once

#include "services/notifications/domain/notification.hpp"

#include <map>
#include <string>
#include <string_view>

namespace darkroom::notifications {

/// What a template can show.
using MailValues = std::map<std::string, std::string, std::less<>>;

struct MailText {
    std::string subject;
    std::string text;
    std::string html;
};

/// Throws std::logic_error for a template that does not exist or is not well-formed.
MailText render_mail(std::string_view name, const MailValues& values);

/// Texts, numbers and booleans of a JSON object; what is nested cannot be shown.
MailValues shown_values(const json::Object& object);

/// Fills one template: what `render_mail` does with each file.
enum class MailSyntax { text, html };
std::string fill_template(std::string_view content, const MailValues& values, MailSyntax syntax);

}  // namespace darkroom::notifications
