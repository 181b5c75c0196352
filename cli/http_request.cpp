#include "cli/http_request.hpp"

#include "cli/connection.hpp"

#include <fmt/format.h>

#include <charconv>

namespace darkroom::cli {

namespace {

std::optional<std::string> header(std::string_view head, std::string_view name) {
    for (std::size_t at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n", at + 2)) {
        const auto line = head.substr(at + 2, head.find("\r\n", at + 2) - at - 2);
        if (line.size() <= name.size() || line[name.size()] != ':') continue;
        const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
        if (!std::equal(name.begin(), name.end(), line.begin(), [&](char b, char a) { return same(a, b); })) continue;
        const auto value = line.substr(name.size() + 1);
        return std::string(value.substr(std::min(value.find_first_not_of(' '), value.size())));
    }
    return std::nullopt;
}

std::optional<std::string> unchunk(std::string_view text) {
    std::string body;
    for (;;) {
        const auto end = text.find("\r\n");
        if (end == std::string_view::npos) return std::nullopt;
        std::size_t size = 0;
        if (std::from_chars(text.data(), text.data() + end, size, 16).ec != std::errc{}) return std::nullopt;
        text.remove_prefix(end + 2);
        if (size == 0) return body;
        if (text.size() < size + 2) return std::nullopt;
        body += text.substr(0, size);
        text.remove_prefix(size + 2);
    }
}

}  // namespace

json::Value HttpAnswer::parsed() const {
    auto value = json::parse(body);
    return value ? *value : json::Value(json::Object{});
}

std::string HttpAnswer::problem() const {
    const auto value = parsed();
    if (const auto* object = value.if_object()) {
        const auto* detail = object->if_contains("detail");
        if (detail != nullptr && detail->is_string()) return std::string(json::view(detail->get_string()));
    }
    return fmt::format("status {}", status);
}

std::optional<HttpAnswer> parse_http_answer(std::string_view text) {
    const auto end = text.find("\r\n\r\n");
    if (end == std::string_view::npos || !text.starts_with("HTTP/1.1 ") || end < 12) return std::nullopt;
    const auto head = text.substr(0, end + 2);
    auto body = text.substr(end + 4);
    HttpAnswer answer;
    std::from_chars(text.data() + 9, text.data() + 12, answer.status);
    if (header(head, "transfer-encoding")) {
        auto whole = unchunk(body);
        if (!whole) return std::nullopt;
        answer.body = std::move(*whole);
        return answer;
    }
    if (const auto length = header(head, "content-length")) {
        const auto size = std::strtoull(length->c_str(), nullptr, 10);
        if (body.size() < size) return std::nullopt;
        body = body.substr(0, size);
    }
    answer.body = std::string(body);
    return answer;
}

std::optional<HttpAnswer> http_exchange(const std::string& host, std::uint16_t port, const HttpRequest& request,
                                        Milliseconds limit) {
    auto connection = Connection::to_tcp(host, port, limit);
    if (!connection) return std::nullopt;
    auto text = fmt::format("{} {} HTTP/1.1\r\nHost: {}:{}\r\nConnection: close\r\nAccept: application/json\r\n",
                            request.method, request.path, host.find(':') == std::string::npos ? host : "[" + host + "]", port);
    if (!request.authorization.empty()) text += fmt::format("Authorization: {}\r\n", request.authorization);
    if (request.method != "GET") {
        text += fmt::format("Content-Type: {}\r\nContent-Length: {}\r\n", request.content_type, request.body.size());
    }
    return parse_http_answer(connection->exchange(text + "\r\n" + request.body));
}

std::string text_of(const json::Object& object, std::string_view name) {
    const auto* value = object.if_contains(boost::json::string_view(name.data(), name.size()));
    return value != nullptr && value->is_string() ? std::string(json::view(value->get_string())) : std::string();
}

}  // namespace darkroom::cli
