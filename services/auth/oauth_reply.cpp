#include "services/auth/oauth_reply.hpp"

namespace darkroom::accounts {

http::Response oauth_document(int status, const json::Object& body) {
    auto response = http::Response::text(status, "application/json", json::serialize(body));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

http::Response oauth_refusal(std::string_view error, std::string_view description, int status) {
    return oauth_document(status,
                          {{"error", boost::json::string(error)}, {"error_description", boost::json::string(description)}});
}

http::Response invalid_client(bool basic) {
    auto response = oauth_refusal("invalid_client", "client authentication failed", 401);
    if (basic) response.headers.set("WWW-Authenticate", R"(Basic realm="darkroom", charset="UTF-8")");
    return response;
}

}  // namespace darkroom::accounts
