// Answers in the words of RFC 6749 instead of ours.
#pragma once

#include "platform/http/response.hpp"
#include "platform/json/described.hpp"

#include <string_view>

namespace darkroom::accounts {

/// A bare document that no cache keeps.
http::Response oauth_document(int status, const json::Object& body);
/// RFC 6749 §5.2.
http::Response oauth_refusal(std::string_view error, std::string_view description, int status = 400);
/// 401; names the scheme where the client came with an Authorization header.
http::Response invalid_client(bool basic);

}  // namespace darkroom::accounts
