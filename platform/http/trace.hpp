// W3C Trace Context (traceparent, version 00).
#pragma once

#include <string>
#include <string_view>

namespace darkroom::http {

/// The given header when well-formed, with a parent id of our own; else a new sampled trace.
std::string accept_or_create_traceparent(std::string_view given);

/// The 32 hexadecimal digits of the trace id of a well-formed traceparent.
std::string_view trace_id_of(std::string_view traceparent);

}  // namespace darkroom::http
