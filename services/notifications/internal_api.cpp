#include "services/notifications/internal_api.hpp"

#include "services/notifications/domain/errors.hpp"

namespace darkroom::notifications {

using http::Access;
using http::Verb;

namespace {

constexpr std::string_view auth_service = "auth-service";

}  // namespace

const http::Endpoints<InternalApi>& InternalApi::endpoints() {
    static const http::Endpoints<InternalApi> table{
        {Verb::post,
         "/internal/mail",
         Access::service,
         &InternalApi::accept_mail,
         "Send an account's mail. The same id again is the same mail.",
         {.internal = true}},
    };
    return table;
}

awaitable<http::Ok<MailReceipt>> InternalApi::accept_mail(http::Context& context, http::Body<json::Object> body) {
    if (context.caller.service != auth_service) fail(wrong_service());
    auto mail = AccountMail::parse(body.value).value();
    MailReceipt receipt{.id = mail.id};
    receipt.status = co_await mails_.accept(std::move(mail), context.correlation_id.text());
    co_return http::Ok<MailReceipt>{std::move(receipt), "mail accepted"};
}

}  // namespace darkroom::notifications
