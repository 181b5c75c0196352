#include "services/notifications/domain/mail_template.hpp"

#include "platform/core/embedded.hpp"

#include <stdexcept>

namespace darkroom::notifications {

/// Embedded by CMake: templates/*.
std::span<const EmbeddedFile> mail_templates();

namespace {

constexpr std::string_view content_place = "{{>content}}";
constexpr std::string_view subject_mark = "Subject: ";

std::string_view file_named(const std::string& name) {
    for (const auto& file : mail_templates()) {
        if (file.name == name) return file.content;
    }
    throw std::logic_error("there is no mail template " + name);
}

/// Also right inside a quoted attribute.
std::string html_escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            case '\'': out += "&#39;"; break;
            case '\n': out += "<br>\n"; break;
            default: out += c;
        }
    }
    return out;
}

const std::string& value_of(const MailValues& values, std::string_view name) {
    static const std::string nothing;
    const auto found = values.find(name);
    return found == values.end() ? nothing : found->second;
}

/// Up to "{{/name}}", which is passed over too. Sections of one name do not nest.
std::string_view take_section(std::string_view& rest, std::string_view name) {
    const auto end_mark = "{{/" + std::string(name) + "}}";
    const auto end = rest.find(end_mark);
    if (end == std::string_view::npos) throw std::logic_error("a mail template lacks " + end_mark);
    const auto section = rest.substr(0, end);
    rest.remove_prefix(end + end_mark.size());
    return section;
}

/// The layout with `content` in its place; the layout's own values are filled in, the content's have been.
std::string lay_out(std::string_view layout, std::string_view content, const MailValues& values, MailSyntax syntax) {
    const auto place = layout.find(content_place);
    if (place == std::string_view::npos) throw std::logic_error("a mail layout has no place for its content");
    return fill_template(layout.substr(0, place), values, syntax) + std::string(content) +
           fill_template(layout.substr(place + content_place.size()), values, syntax);
}

}  // namespace

std::string fill_template(std::string_view content, const MailValues& values, MailSyntax syntax) {
    std::string out;
    while (true) {
        const auto open = content.find("{{");
        out += content.substr(0, open);
        if (open == std::string_view::npos) return out;
        const auto close = content.find("}}", open);
        if (close == std::string_view::npos) throw std::logic_error("a mail template has {{ without }}");
        auto name = content.substr(open + 2, close - open - 2);
        content.remove_prefix(close + 2);
        if (name.starts_with('#') || name.starts_with('^')) {
            const bool when_empty = name.front() == '^';
            name.remove_prefix(1);
            const auto section = take_section(content, name);
            if (value_of(values, name).empty() == when_empty) out += fill_template(section, values, syntax);
        } else {
            const auto& value = value_of(values, name);
            out += syntax == MailSyntax::html ? html_escaped(value) : value;
        }
    }
}

MailText render_mail(std::string_view name, const MailValues& values) {
    const auto plain = file_named(std::string(name) + ".txt");
    const auto first_line = plain.substr(0, plain.find('\n'));
    if (!first_line.starts_with(subject_mark) || !plain.substr(first_line.size()).starts_with("\n\n")) {
        throw std::logic_error("mail template " + std::string(name) + " has no subject");
    }
    MailText mail;
    mail.subject = fill_template(first_line.substr(subject_mark.size()), values, MailSyntax::text);
    auto shown = values;
    shown["subject"] = mail.subject;
    const auto text = fill_template(plain.substr(first_line.size() + 2), shown, MailSyntax::text);
    mail.text = lay_out(file_named("layout.txt"), text, shown, MailSyntax::text);
    const auto html = fill_template(file_named(std::string(name) + ".html"), shown, MailSyntax::html);
    mail.html = lay_out(file_named("layout.html"), html, shown, MailSyntax::html);
    return mail;
}

MailValues shown_values(const json::Object& object) {
    MailValues values;
    for (const auto& member : object) {
        const auto& value = member.value();
        const std::string name(std::string_view(member.key()));
        if (value.is_string()) {
            values[name] = std::string(json::view(value.get_string()));
        } else if (value.is_number() || value.is_bool()) {
            values[name] = json::serialize(value);
        }
    }
    return values;
}

}  // namespace darkroom::notifications
