#include "platform/http/arguments.hpp"

namespace darkroom::http {

namespace {

constexpr std::string_view json_type = "application/json";
constexpr std::string_view form_type = "application/x-www-form-urlencoded";

/// The media type without parameters, as sent.
std::string_view media_type(const Context& context) {
    auto type = context.request.headers.get("Content-Type");
    type = type.substr(0, type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    return type;
}

}  // namespace

bool has_json_body(const Context& context) {
    const auto type = media_type(context);
    return equal_ignoring_case(type, json_type) || type.ends_with("+json") || (type.empty() && !context.raw_body.empty());
}

bool has_form_body(const Context& context) {
    return equal_ignoring_case(media_type(context), form_type);
}

json::Value json_body(const Context& context) {
    if (!has_json_body(context) && !context.raw_body.empty()) {
        fail({Kind::unsupported_media, "unsupported_media_type", "Content-Type: must be application/json"});
    }
    if (context.raw_body.empty()) fail({Kind::invalid, "invalid_json", "a JSON body is required"});
    return json::parse(context.raw_body).value();
}

std::vector<QueryParameter> form_body(const Context& context) {
    if (!has_form_body(context)) {
        fail({Kind::unsupported_media, "unsupported_media_type", "Content-Type: must be application/x-www-form-urlencoded"});
    }
    return parse_query(context.raw_body).value();
}

}  // namespace darkroom::http
