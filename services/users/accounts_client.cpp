#include "services/users/accounts_client.hpp"

#include "platform/core/encoding.hpp"
#include "platform/core/log.hpp"
#include "services/users/domain/errors.hpp"

#include <array>
#include <charconv>

namespace darkroom::users {

namespace {

constexpr Milliseconds call_deadline = 5s;
constexpr std::string_view audience = "auth-service";

struct ProblemField {
    std::string field;
    std::string message;
};
BOOST_DESCRIBE_STRUCT(ProblemField, (), (field, message))

struct Problem {
    std::string code;
    std::string detail;
    std::optional<std::vector<ProblemField>> errors;
};
BOOST_DESCRIBE_STRUCT(Problem, (), (code, detail, errors))

struct Answer {
    AccountCopy data;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (data))

/// The refusals that auth may give to a command. Codes are literals: an Error does not own its code.
struct Refusal {
    std::string_view code;
    Kind kind;
};
constexpr std::array refusals{
    Refusal{"email_taken", Kind::conflict},    Refusal{"username_taken", Kind::conflict},
    Refusal{"last_admin", Kind::conflict},     Refusal{"precondition_failed", Kind::precondition_failed},
    Refusal{"validation", Kind::invalid},      Refusal{"user_not_found", Kind::not_found},
    Refusal{"account_exists", Kind::conflict}, Refusal{"email_changes_exhausted", Kind::rate_limited},
};

std::string without_nulls(const json::Value& document) {
    json::Object command;
    for (const auto& [key, value] : document.get_object()) {
        if (!value.is_null()) command.emplace(key, value);
    }
    return json::serialize(command);
}

std::string target_of(const UserId& id) {
    return "/internal/accounts/" + percent_encode(id.text());
}

std::optional<std::chrono::seconds> retry_after(const http::ClientResponse& response) {
    const auto text = response.headers.get("Retry-After");
    std::int64_t seconds = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), seconds);
    return parsed.ec == std::errc{} ? std::optional(std::chrono::seconds{seconds}) : std::nullopt;
}

AccountCopy account_in(const http::ClientResponse& response) {
    if (!response.ok()) fail(refusal_from(response));
    return json::decode_json<Answer>(response.body, json::Unknown::ignore).value().data;
}

}  // namespace

Error refusal_from(const http::ClientResponse& response) {
    const auto problem = json::decode_json<Problem>(response.body, json::Unknown::ignore);
    if (!problem) return auth_unavailable();
    for (const auto& [code, kind] : refusals) {
        if (code != problem->code) continue;
        Error error{kind, code, problem->detail};
        error.retry_after = retry_after(response);
        for (const auto& [field, message] : problem->errors.value_or(std::vector<ProblemField>{})) {
            error.fields.push_back({field, message});
        }
        return error;
    }
    return auth_unavailable();
}

awaitable<AccountCopy> AccountsClient::change(const http::Context& context, UserId id, AccountChange change) {
    const auto response =
        co_await command(context, http::Verb::put, target_of(id), without_nulls(json::encode(std::move(change))));
    co_return account_in(response);
}

awaitable<AccountCopy> AccountsClient::create(const http::Context& context, UserId id, NewUser user) {
    auto document = json::encode(user);
    document.get_object()["id"] = id.text();
    const auto response = co_await command(context, http::Verb::post, "/internal/accounts", without_nulls(document));
    co_return account_in(response);
}

awaitable<std::optional<AccountCopy>> AccountsClient::remove(const http::Context& context, UserId id) {
    const auto response = co_await command(context, http::Verb::del, target_of(id), {});
    if (response.status == 404) co_return std::nullopt;
    co_return account_in(response);
}

awaitable<http::ClientResponse> AccountsClient::command(const http::Context& context, http::Verb verb, std::string target,
                                                        std::string body) {
    http::ClientRequest request{.verb = verb, .target = std::move(target), .body = std::move(body), .deadline = call_deadline};
    if (!request.body.empty()) request.headers.add("Content-Type", "application/json");
    request.headers.add("X-Correlation-ID", context.correlation_id.text());
    if (!context.traceparent.empty()) request.headers.add("traceparent", context.traceparent);
    auto response = co_await send(std::move(request));
    co_return response;
}

awaitable<http::ClientResponse> AccountsClient::send(http::ClientRequest request) {
    std::string problem;
    try {
        const auto token = co_await tokens_.token_for(std::string(audience));
        request.headers.set("Authorization", "Bearer " + token);
        auto response = co_await client_.send(auth_, std::move(request));
        if (response.status == 401) tokens_.drop(std::string(audience));
        co_return response;
    } catch (const Failure& failure) {  // to our caller it is one thing: accounts cannot be changed now
        problem = failure.error().detail;
    }
    log::warning("auth-service cannot be asked", {{"reason", problem}});
    fail(auth_unavailable());
}

}  // namespace darkroom::users
