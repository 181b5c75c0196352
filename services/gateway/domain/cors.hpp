// Cross-origin requests (Fetch standard): which origins may read our answers from a browser. Credentials are bearer tokens,
// never cookies, so Access-Control-Allow-Credentials is not needed and not sent.
#pragma once

#include "platform/http/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::gateway {

class CorsPolicy {
public:
    /// "https://app.example.org, http://localhost:5173", or "*" for everybody; empty: same origin only.
    static Result<CorsPolicy> parse(std::string_view list);

    bool allows(std::string_view origin) const;
    /// True for an OPTIONS that asks for permission instead of for the resource.
    static bool is_preflight(const http::RequestHead& request);
    /// The headers of a preflight's answer. A refused origin gets none that would permit anything.
    http::Headers preflight_headers(const http::RequestHead& request) const;
    /// Adds what an answer to `origin` needs (empty: no Origin header); keeps what `headers` already has in Vary.
    void add_to(http::Headers& headers, std::string_view origin) const;

private:
    /// "*" or the origin itself.
    std::string_view allow_origin_value(std::string_view origin) const;

    bool everybody_ = false;
    std::vector<std::string> origins_;
};

}  // namespace darkroom::gateway
