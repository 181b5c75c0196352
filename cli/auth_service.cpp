#include "cli/auth_service.hpp"

#include "cli/topology.hpp"
#include "platform/core/encoding.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace darkroom::cli {

namespace {

constexpr Milliseconds limit = 10s;

}  // namespace

HttpAnswer AuthService::ask(const HttpRequest& request) const {
    auto answer = http_exchange(host_, port_, request, limit);
    if (!answer) throw std::runtime_error("auth-service does not answer: see ./darkroom logs auth-service");
    if (answer->status != 200)
        throw std::runtime_error(fmt::format("auth-service refused {}: {}", request.path, answer->problem()));
    return std::move(*answer);
}

std::string AuthService::token_for(std::string_view audience) {
    const auto secret = secrets_.get_or_create(SecretStore::client_secret_name(client_id));
    const auto answer = ask({.method = "POST",
                             .path = "/oauth/token",
                             .authorization = "Basic " + base64_encode(fmt::format("{}:{}", client_id, secret.reveal())),
                             .content_type = "application/x-www-form-urlencoded",
                             .body = fmt::format("grant_type=client_credentials&audience={}", audience)});
    const auto body = answer.parsed();
    const auto token = body.is_object() ? text_of(body.get_object(), "access_token") : std::string();
    if (token.empty()) throw std::runtime_error("auth-service gave no access token");
    return token;
}

json::Object AuthService::post(const std::string& path, const json::Value& body) {
    const auto answer = ask({.method = "POST",
                             .path = path,
                             .authorization = "Bearer " + token_for(auth),
                             .content_type = "application/json",
                             .body = json::serialize(body)});
    const auto envelope = answer.parsed();
    const auto* object = envelope.if_object();
    const auto* data = object == nullptr ? nullptr : object->if_contains("data");
    return data != nullptr && data->is_object() ? data->get_object() : json::Object{};
}

AdminLink AuthService::admin_link() {
    const auto data = post("/internal/admin-links", json::Object{});
    return {text_of(data, "url"), text_of(data, "expires_at")};
}

void AuthService::ensure_admin(const std::string& email, const Secret& password) {
    post("/internal/admins",
         json::Object{{"email", boost::json::string(email)}, {"password", boost::json::string(password.reveal())}});
}

void AuthService::ensure_demo_accounts(const std::vector<DemoAccount>& accounts) {
    post("/internal/demo-accounts", json::Object{{"accounts", json::encode(accounts)}});
}

std::vector<DemoAccount> demo_accounts(const SecretStore& secrets) {
    std::vector<DemoAccount> accounts;
    const auto add = [&](std::string_view role, std::string_view full_name) {
        const auto id = fmt::format("{}-001", role);
        accounts.push_back({.id = id,
                            .email = fmt::format("{}@darkroom.example", role),
                            .username = fmt::format("demo_{}", role),
                            .full_name = std::string(full_name),
                            .role = std::string(role),
                            .password = std::string(secrets.get_or_create("demo." + id).reveal())});
    };
    add("admin", "Ada Admin");
    add("user", "Uma User");
    add("premium", "Pia Premium");
    return accounts;
}

}  // namespace darkroom::cli
