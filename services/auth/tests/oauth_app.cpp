#include "services/auth/tests/oauth_app.hpp"

#include "platform/core/encoding.hpp"

namespace darkroom::accounts {

std::string encoded(const Parameters& parameters) {
    std::string text;
    for (const auto& [name, value] : parameters) text += (text.empty() ? "" : "&") + name + '=' + percent_encode(value);
    return text;
}

http::Headers basic(const App& app) {
    return {{"Authorization", "Basic " + base64_encode(app.id + ':' + app.secret)}};
}

std::string parameter_of(const http::ClientResponse& response, std::string_view name) {
    const auto location = std::string(response.headers.get("Location"));
    const auto parameters = http::parse_query(location.substr(location.find('?') + 1)).value();
    for (const auto& parameter : parameters) {
        if (parameter.name == name) return parameter.value;
    }
    return {};
}

awaitable<std::string> an_admin(AuthUnderTest& service) {
    const auto root = co_await service.sign_up("root");
    const json::Object promotion{{"role", "admin"}};
    const auto promoted = co_await service.put("/internal/accounts/" + root.user_id, promotion, user_service);
    testing::data_of(promoted);
    const auto admin = co_await service.sign_in("root");
    co_return admin.access;
}

awaitable<App> an_app(AuthUnderTest& service, std::string admin, json::Object more) {
    json::Object request{{"name", "Photo Printer"},
                         {"redirect_uris", {callback}},
                         {"scopes", {"openid", "profile", "email", "images:read", "users:manage"}}};
    for (auto& member : more) request[member.key()] = member.value();
    const auto made = co_await service.post("/oauth/clients", request, std::move(admin));
    const auto data = testing::data_of(made);
    const auto* secret = data.as_object().if_contains("client_secret");
    const bool has_secret = secret != nullptr && secret->is_string();
    co_return App{text_at(data, "/client_id"), has_secret ? text_at(data, "/client_secret") : std::string()};
}

Parameters a_request(const App& app) {
    return {{"response_type", "code"},
            {"client_id", app.id},
            {"redirect_uri", callback},
            {"state", "s&1"},
            {"code_challenge", challenge},
            {"code_challenge_method", "S256"},
            {"nonce", "n-1"},
            {"scope", "openid email images:read"}};
}

awaitable<http::ClientResponse> allow(AuthUnderTest& service, Parameters request, std::string who) {
    request["email"] = std::move(who);
    request["password"] = AuthUnderTest::password;
    request["decision"] = "allow";
    co_return co_await service.form("/oauth/authorize", encoded(request));
}

Parameters a_redemption(const std::string& code) {
    return {{"grant_type", "authorization_code"}, {"code", code}, {"redirect_uri", callback}, {"code_verifier", verifier}};
}

awaitable<json::Value> tokens_for(AuthUnderTest& service, App app, std::string who) {
    const auto allowed = co_await allow(service, a_request(app), std::move(who));
    const auto redeemed =
        co_await service.form("/oauth/token", encoded(a_redemption(parameter_of(allowed, "code"))), basic(app));
    testing::require(redeemed.status == 200, redeemed.body);
    co_return body_of(redeemed);
}

}  // namespace darkroom::accounts
