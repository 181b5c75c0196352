#include "platform/mail/message.hpp"

#include "platform/mail/encoded_words.hpp"
#include "platform/mail/quoted_printable.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::mail {

namespace {

using namespace std::string_view_literals;

bool is_letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

/// RFC 5322: a phrase of other characters than these must be quoted.
std::string phrase(std::string_view name) {
    const auto encoded = encode_header(name);
    const bool plain = encoded == name && std::ranges::all_of(name, [](char c) { return is_letter_or_digit(c) || c == ' '; });
    if (plain || encoded != name) return encoded;
    std::string quoted = "\"";
    for (const char c : name) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    return quoted + '"';
}

std::string written(const Sender& sender) {
    const auto address = '<' + sender.address.text() + '>';
    return sender.name.empty() ? sender.address.text() : phrase(sender.name) + ' ' + address;
}

/// Only what may stand in a Message-ID and in a boundary.
std::string safe_id(std::string_view id) {
    std::string safe(id.substr(0, 48));
    const auto is_unsafe = [](char c) { return !is_letter_or_digit(c) && c != '-'; };
    std::ranges::replace_if(safe, is_unsafe, '-');
    return safe;
}

std::string domain_of(const identity::Email& address) {
    return address.text().substr(address.text().rfind('@') + 1);
}

/// RFC 5322 knows only numbers for the zone; "GMT" is HTTP's.
std::string written(Timestamp date) {
    auto text = to_http_date(date);
    return text.replace(text.rfind("GMT"), 3, "+0000");
}

std::string part(std::string_view boundary, std::string_view type, std::string_view content) {
    return "--" + std::string(boundary) + "\r\nContent-Type: " + std::string(type) +
           "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" + quoted_printable(content) + "\r\n";
}

// ---- read ----------------------------------------------------------------------------------------------------------------

/// Headers and body; both line endings are understood.
std::pair<std::string_view, std::string_view> split(std::string_view message) {
    for (const auto separator : {"\r\n\r\n"sv, "\n\n"sv}) {
        const auto at = message.find(separator);
        if (at != std::string_view::npos) return {message.substr(0, at), message.substr(at + separator.size())};
    }
    return {message, {}};
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::ranges::equal(left, right, {}, lower, lower);
}

/// The value of a header, unfolded; empty when there is none.
std::string header(std::string_view headers, std::string_view name) {
    std::string value;
    bool found = false;
    while (!headers.empty()) {
        const auto end = std::min(headers.find('\n'), headers.size());
        auto line = headers.substr(0, end);
        headers.remove_prefix(std::min(end + 1, headers.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        const bool folded = !line.empty() && is_blank(line.front());
        if (found && !folded) break;
        if (found) value += ' ' + std::string(trimmed(line));
        const auto colon = line.find(':');
        if (!found && !folded && colon != std::string_view::npos && equal_ignoring_case(line.substr(0, colon), name)) {
            found = true;
            value = std::string(trimmed(line.substr(colon + 1)));
        }
    }
    return value;
}

/// The decoded content of the first part of that media type.
std::string part_of(std::string_view body, std::string_view boundary, std::string_view type) {
    const auto mark = "--" + std::string(boundary);
    for (auto at = body.find(mark); at != std::string_view::npos; at = body.find(mark)) {
        body.remove_prefix(at + mark.size());
        auto [headers, content] = split(body.substr(0, body.find("\n" + mark)));
        if (!header(headers, "Content-Type").starts_with(type)) continue;
        if (content.ends_with('\r')) content.remove_suffix(1);
        return from_quoted_printable(content);
    }
    return {};
}

}  // namespace

Result<Sender> Sender::parse(std::string_view text) {
    Sender sender;
    auto address = trimmed(text);
    if (const auto open = address.rfind('<'); open != std::string_view::npos && address.ends_with('>')) {
        auto name = trimmed(address.substr(0, open));
        if (name.size() > 1 && name.starts_with('"') && name.ends_with('"')) name = name.substr(1, name.size() - 2);
        const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
        if (std::ranges::any_of(name, is_control)) return invalid_field("", "has a control character in its name");
        sender.name = std::string(name);
        address = address.substr(open + 1, address.size() - open - 2);
    }
    auto parsed = identity::Email::parse(address);
    if (!parsed) return invalid_field("", "must be name@example.org or Name <name@example.org>");
    sender.address = std::move(*parsed);
    return sender;
}

std::string compose(const Message& message) {
    const auto id = safe_id(message.id);
    // "=_" stands in no quoted-printable text.
    const auto boundary = "=_" + id;
    return "Date: " + written(message.date) + "\r\nFrom: " + written(message.from) + "\r\nTo: " + message.to.text() +
           "\r\nSubject: " + encode_header(message.subject) + "\r\nMessage-ID: <" + id + '@' + domain_of(message.from.address) +
           ">\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\nContent-Type: multipart/alternative;\r\n boundary=\"" +
           boundary + "\"\r\n\r\n" + part(boundary, "text/plain", message.text) + part(boundary, "text/html", message.html) +
           "--" + boundary + "--\r\n";
}

Readable read(std::string_view message) {
    const auto [headers, body] = split(message);
    Readable result{.from = decode_header(header(headers, "From")),
                    .to = decode_header(header(headers, "To")),
                    .subject = decode_header(header(headers, "Subject")),
                    .date = header(headers, "Date"),
                    .message_id = header(headers, "Message-ID")};
    const auto type = header(headers, "Content-Type");
    const auto begin = type.find("boundary=\"");
    if (begin == std::string::npos) {
        result.text = from_quoted_printable(body);
        return result;
    }
    const auto boundary = type.substr(begin + 10, type.find('"', begin + 10) - begin - 10);
    result.text = part_of(body, boundary, "text/plain");
    result.html = part_of(body, boundary, "text/html");
    return result;
}

}  // namespace darkroom::mail
