#include "tests/harness/http.hpp"

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace darkroom::system_test {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds answer_deadline{20};

const json::Value nothing = nullptr;

}  // namespace

const json::Value& dig(const json::Value& value, std::string_view path) {
    const auto* at = &value;
    while (!path.empty()) {
        const auto dot = std::min(path.find('.'), path.size());
        const auto step = path.substr(0, dot);
        path.remove_prefix(std::min(dot + 1, path.size()));
        std::size_t index = 0;
        if (const auto* object = at->if_object()) {
            at = object->if_contains(step);
        } else if (const auto* array = at->if_array();
                   array != nullptr && std::from_chars(step.data(), step.data() + step.size(), index).ec == std::errc{}) {
            at = index < array->size() ? &(*array)[index] : nullptr;
        } else {
            at = nullptr;
        }
        if (at == nullptr) return nothing;
    }
    return *at;
}

std::string text_at(const json::Value& value, std::string_view path) {
    const auto& found = dig(value, path);
    if (found.is_string()) return std::string(json::view(found.get_string()));
    return found.is_null() ? std::string() : json::serialize(found);
}

std::int64_t number_at(const json::Value& value, std::string_view path) {
    const auto& found = dig(value, path);
    return found.is_number() ? static_cast<std::int64_t>(found.to_number<double>()) : -1;
}

std::string_view Answer::header(std::string_view name) const {
    for (const auto& [key, value] : headers) {
        if (beast::iequals(key, name)) return value;
    }
    return {};
}

const json::Value& Answer::document() const {
    if (!parsed_) {
        auto value = json::parse(body);
        parsed_ = std::make_shared<json::Value>(value ? *value : json::Value(nullptr));
    }
    return *parsed_;
}

std::string Answer::summary() const {
    return std::to_string(status) + ' ' + body.substr(0, 600);
}

class HttpClient::Connection {
public:
    explicit Connection(std::uint16_t port) : socket_(loop_) {
        socket_.async_connect({asio::ip::address_v4::loopback(), port}, [this](beast::error_code error) { done(error); });
        wait();
        if (!error_) socket_.set_option(tcp::no_delay(true));
    }

    bool good() const { return !error_; }
    std::string problem() const { return error_.message(); }

    std::optional<Answer> exchange(const beast::http::request<beast::http::string_body>& request) {
        beast::http::async_write(socket_, request, [this](beast::error_code error, std::size_t) { done(error); });
        wait();
        // An early refusal (413, say) is an answer although the body did not go out: read it all the same.
        beast::http::response_parser<beast::http::string_body> parser;
        parser.body_limit(256U << 20U);
        if (request.method() == beast::http::verb::head) parser.skip(true);
        const bool written = !error_;
        beast::http::async_read(socket_, buffer_, parser, [this](beast::error_code error, std::size_t) { done(error); });
        wait();
        if (error_ && !(parser.is_header_done() && !written)) return std::nullopt;
        Answer answer;
        answer.status = static_cast<int>(parser.get().result_int());
        for (const auto& field : parser.get()) answer.headers.emplace_back(field.name_string(), field.value());
        answer.body = std::move(parser.get().body());
        if (!parser.get().keep_alive()) error_ = asio::error::eof;
        return answer;
    }

private:
    void done(beast::error_code error) {
        error_ = error;
        finished_ = true;
    }

    void wait() {
        finished_ = false;
        loop_.restart();
        loop_.run_for(answer_deadline);
        if (finished_) return;
        socket_.close();
        loop_.run();
        error_ = asio::error::timed_out;
    }

    asio::io_context loop_;
    tcp::socket socket_;
    beast::flat_buffer buffer_;
    beast::error_code error_;
    bool finished_ = false;
};

HttpClient::HttpClient(std::uint16_t port, std::string token) : port_(port), token_(std::move(token)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

Answer HttpClient::send(const Request& request) {
    beast::http::request<beast::http::string_body> message;
    message.method_string(request.method);
    message.target(request.target);
    message.version(11);
    message.set(beast::http::field::host, "127.0.0.1:" + std::to_string(port_));
    if (!token_.empty()) message.set(beast::http::field::authorization, "Bearer " + token_);
    if (!request.content_type.empty()) message.set(beast::http::field::content_type, request.content_type);
    for (const auto& [name, value] : request.headers) message.set(name, value);
    message.body() = request.body;
    message.prepare_payload();
    // A kept connection may have been closed meanwhile, by the server's right: once more on a fresh one.
    const bool reused = connection_ && connection_->good();
    for (int round = 0; round < (reused ? 2 : 1); ++round) {
        if (!connection_ || !connection_->good()) connection_ = std::make_unique<Connection>(port_);
        if (!connection_->good()) break;
        if (auto answer = connection_->exchange(message)) return std::move(*answer);
    }
    Answer none;
    none.body = "no answer: " + connection_->problem();
    return none;
}

Answer HttpClient::post(std::string target, const json::Object& body, std::string_view key) {
    Request request{
        .method = "POST", .target = std::move(target), .body = json::serialize(body), .content_type = "application/json"};
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
    return send(request);
}

Answer HttpClient::put(std::string target, const json::Object& body) {
    return send(
        {.method = "PUT", .target = std::move(target), .body = json::serialize(body), .content_type = "application/json"});
}

Answer HttpClient::upload(std::string target, const Upload& upload) {
    const std::string boundary = "----darkroom-test-7d3f0c";
    Request request{.method = "POST", .target = std::move(target), .content_type = "multipart/form-data; boundary=" + boundary};
    const auto part = [&](std::string_view disposition, std::string_view content) {
        request.body += "--" + boundary + "\r\nContent-Disposition: form-data; ";
        request.body.append(disposition).append("\r\n\r\n").append(content).append("\r\n");
    };
    // As browsers do it.
    std::string filename(upload.filename);
    for (auto at = filename.find('"'); at != std::string::npos; at = filename.find('"')) filename.replace(at, 1, "%22");
    if (!upload.user_id.empty()) part("name=\"user_id\"", upload.user_id);
    part("name=\"file\"; filename=\"" + filename + "\"\r\nContent-Type: application/octet-stream", upload.content);
    request.body += "--" + boundary + "--\r\n";
    if (!upload.key.empty()) request.headers.emplace_back("Idempotency-Key", upload.key);
    return send(request);
}

}  // namespace darkroom::system_test
