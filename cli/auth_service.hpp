// What the command line asks of auth-service, with a service token of its own. The endpoints below /internal/ are for this.
#pragma once

#include "cli/http_request.hpp"
#include "cli/secrets.hpp"

#include <string>
#include <vector>

namespace darkroom::cli {

struct AdminLink {
    /// Empty: an admin exists already.
    std::string url;
    std::string expires_at;
};

struct DemoAccount {
    std::string id;
    std::string email;
    std::string username;
    std::string full_name;
    std::string role;
    std::string password;
};
BOOST_DESCRIBE_STRUCT(DemoAccount, (), (id, email, username, full_name, role, password))

/// Every call throws std::runtime_error with one line when the service refuses or is away.
class AuthService {
public:
    /// On this machine.
    AuthService(std::uint16_t port, const SecretStore& secrets) : AuthService("127.0.0.1", port, secrets) {}
    AuthService(std::string host, std::uint16_t port, const SecretStore& secrets)
        : host_(std::move(host)), port_(port), secrets_(secrets) {}

    /// A token of ours that another service accepts ("event-bus").
    std::string token_for(std::string_view audience);
    AdminLink admin_link();
    /// This admin exists afterwards; an existing account keeps its password.
    void ensure_admin(const std::string& email, const Secret& password);
    void ensure_demo_accounts(const std::vector<DemoAccount>& accounts);

private:
    json::Object post(const std::string& path, const json::Value& body);
    HttpAnswer ask(const HttpRequest& request) const;
    std::string host_;
    std::uint16_t port_;
    const SecretStore& secrets_;
};

/// The three sample accounts; their passwords are made once and kept with the other secrets.
std::vector<DemoAccount> demo_accounts(const SecretStore& secrets);

}  // namespace darkroom::cli
