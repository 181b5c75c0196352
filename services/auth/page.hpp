// The frame of the few pages that auth-service serves itself: set-up, a new password, a verified address, signing in.
#pragma once

#include "platform/http/response.hpp"

#include <string>
#include <string_view>

namespace darkroom::accounts {

/// `body` is HTML and must have passed everything that is not ours through `escape`. No script runs, the one style is allowed
/// by its digest, forms go to ourselves only (and end at `form_target`, which must be fit for a policy: see form_target_of),
/// nothing is cached, and an address with a token in it does not leak by Referer.
http::Response page(int status, std::string_view title, std::string_view body, std::string_view form_target = {});

/// For text and for attribute values in quotes.
std::string escape(std::string_view text);

/// What was wrong with the last attempt, or nothing at all.
std::string problem_paragraph(std::string_view problem);

}  // namespace darkroom::accounts
