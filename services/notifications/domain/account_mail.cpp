#include "services/notifications/domain/account_mail.hpp"

namespace darkroom::notifications {

namespace {

/// All but "template", which no member of a C++ struct can be called.
struct Request {
    std::string id;
    identity::Email to;
    std::optional<UserId> user_id;
    json::Object values;
};
BOOST_DESCRIBE_STRUCT(Request, (), (id, to, user_id, values))

bool needs_link(AccountMailKind kind) {
    return kind == AccountMailKind::password_reset || kind == AccountMailKind::email_verification ||
           kind == AccountMailKind::email_change;
}

bool is_link(std::string_view text) {
    return text.starts_with("https://") || text.starts_with("http://");
}

void check_values(const json::Object& values, std::optional<AccountMailKind> kind, json::Problems& problems) {
    const json::Problems::Step step(problems, "values");
    for (const auto& member : values) {
        const json::Problems::Step inner(problems, std::string_view(member.key()));
        const auto& value = member.value();
        if (value.is_object() || value.is_array()) problems.add("must be a text, a number or a boolean");
    }
    const auto shown = shown_values(values);
    const auto link = shown.find("link");
    const json::Problems::Step inner(problems, "link");
    if (link != shown.end() && !is_link(link->second)) problems.add("must be a http or https address");
    if (link == shown.end() && kind && needs_link(*kind)) problems.add("is required");
}

}  // namespace

Result<AccountMail> AccountMail::parse(const json::Object& request) {
    json::Problems problems(json::Unknown::refuse);
    auto rest = request;
    std::optional<AccountMailKind> kind;
    {
        const json::Problems::Step step(problems, "template");
        const auto* name = request.if_contains("template");
        if (name == nullptr) problems.add("is required");
        if (name != nullptr) kind = json::decode_value<AccountMailKind>(*name, problems);
        rest.erase("template");
    }
    auto decoded = json::decode_value<Request>(json::Value(rest), problems);
    if (decoded && !is_uuid(decoded->id)) problems.add_at("id", "is not a UUID");
    if (decoded) check_values(decoded->values, kind, problems);
    if (!problems.empty()) return invalid_fields(problems.take());
    return AccountMail{std::move(decoded->id), std::move(decoded->to), std::move(decoded->user_id), *kind,
                       std::move(decoded->values)};
}

}  // namespace darkroom::notifications
