// A client of Darkroom that shares no code with it but the JSON parser: Beast, blocking, every wait with a deadline.
#pragma once

#include "platform/json/described.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace darkroom::system_test {

/// The member at a path like "data.uploads.0.id"; null when there is none.
const json::Value& dig(const json::Value& value, std::string_view path);
/// The same as text; empty when it is none. Numbers are written out.
std::string text_at(const json::Value& value, std::string_view path);
/// The same as a number; -1 when it is none.
std::int64_t number_at(const json::Value& value, std::string_view path);

struct Answer {
    /// 0: no answer; `body` says why.
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;

    /// The first of that name, any case; empty when absent.
    std::string_view header(std::string_view name) const;
    /// null when the body is no JSON.
    const json::Value& document() const;
    std::string text(std::string_view path) const { return text_at(document(), path); }
    std::int64_t number(std::string_view path) const { return number_at(document(), path); }
    /// For messages: status and the beginning of the body.
    std::string summary() const;

private:
    mutable std::shared_ptr<json::Value> parsed_;
};

struct Request {
    std::string method = "GET";
    std::string target = "/";
    std::string body{};
    std::string content_type{};
    std::vector<std::pair<std::string, std::string>> headers{};
};

struct Upload {
    std::string_view content;
    std::string_view filename;
    std::string_view user_id{};
    std::string_view key{};
};

/// One keep-alive connection to 127.0.0.1. Never throws: what goes wrong is an answer with status 0.
class HttpClient {
public:
    explicit HttpClient(std::uint16_t port, std::string token = {});
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    /// "Authorization: Bearer …" is sent from now on; empty: none.
    void use_token(std::string token) { token_ = std::move(token); }
    const std::string& token() const { return token_; }

    Answer send(const Request& request);
    Answer get(std::string target) { return send({.target = std::move(target)}); }
    Answer del(std::string target) { return send({.method = "DELETE", .target = std::move(target)}); }
    /// `key` is sent as Idempotency-Key.
    Answer post(std::string target, const json::Object& body, std::string_view key = {});
    Answer put(std::string target, const json::Object& body = {});
    /// multipart/form-data with one part `file` and, if given, `user_id`.
    Answer upload(std::string target, const Upload& upload);

private:
    class Connection;
    std::uint16_t port_;
    std::string token_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace darkroom::system_test
