// Calls between services: outgoing mail for auth-service.
#pragma once

#include "platform/http/endpoints.hpp"
#include "services/notifications/mails_repository.hpp"

namespace darkroom::notifications {

struct MailReceipt {
    std::string id;
    MailStatus status{};
};
BOOST_DESCRIBE_STRUCT(MailReceipt, (), (id, status))

class InternalApi {
public:
    explicit InternalApi(MailsRepository& mails) : mails_(mails) {}

    static const http::Endpoints<InternalApi>& endpoints();

    awaitable<http::Ok<MailReceipt>> accept_mail(http::Context& context, http::Body<json::Object> body);

private:
    MailsRepository& mails_;
};

}  // namespace darkroom::notifications
