// Answers requests for links and hands mails to notification-service, which sends them.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/auth/service_tokens.hpp"
#include "platform/http/client.hpp"
#include "services/auth/links_repository.hpp"
#include "services/auth/mails_repository.hpp"

namespace darkroom::accounts {

class Courier {
public:
    Courier(Executor executor, LinksRepository& links, MailsRepository& mails, http::Client& client,
            auth::ServiceTokens& tokens, http::Origin notifications)
        : links_(links),
          mails_(mails),
          client_(client),
          tokens_(tokens),
          notifications_(std::move(notifications)),
          wake_(executor) {}

    /// There may be something to do. Other instances look by themselves soon.
    void wake() { wake_.notify(); }
    /// Until cancelled; spawn it in a TaskGroup. Each mail is handed over once or more, under one id; a refusal for good (4xx)
    /// drops it with a log line that says which, never what.
    awaitable<> run();

private:
    awaitable<> work();
    awaitable<bool> hand_over_one();

    LinksRepository& links_;
    MailsRepository& mails_;
    http::Client& client_;
    auth::ServiceTokens& tokens_;
    http::Origin notifications_;
    Notifier wake_;
};

}  // namespace darkroom::accounts
