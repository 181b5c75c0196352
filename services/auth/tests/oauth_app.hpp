// An application that asks people for access, for the tests of /oauth.
#pragma once

#include "services/auth/tests/auth_under_test.hpp"

#include <map>
#include <string>

namespace darkroom::accounts {

constexpr const char* user_service = "service:user-service";
constexpr const char* callback = "https://app.example.org/callback";
// RFC 7636, appendix B.
constexpr const char* verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
constexpr const char* challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

struct App {
    std::string id;
    std::string secret;
};

using Parameters = std::map<std::string, std::string>;

std::string encoded(const Parameters& parameters);
http::Headers basic(const App& app);
/// The value of a parameter in the redirect's address; empty when there is none.
std::string parameter_of(const http::ClientResponse& response, std::string_view name);

/// The access token of an admin called root.
awaitable<std::string> an_admin(AuthUnderTest& service);
/// Registered by `admin`; `more` replaces members of the request.
awaitable<App> an_app(AuthUnderTest& service, std::string admin, json::Object more = {});

Parameters a_request(const App& app);
/// The person signs in on the page and allows it.
awaitable<http::ClientResponse> allow(AuthUnderTest& service, Parameters request, std::string who);
Parameters a_redemption(const std::string& code);
/// All of it, to the answer of the token endpoint.
awaitable<json::Value> tokens_for(AuthUnderTest& service, App app, std::string who);

}  // namespace darkroom::accounts
