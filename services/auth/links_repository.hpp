// Mailed links and what they do: a new password, a confirmed address.
#pragma once

#include "platform/pg/pool.hpp"
#include "services/auth/accounts_repository.hpp"
#include "services/auth/audit.hpp"
#include "services/auth/domain/mail_link.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::accounts {

class LinksRepository {
public:
    LinksRepository(pg::Pool& pool, std::string public_url) : pool_(pool), public_url_(std::move(public_url)) {}

    /// Notes that a link was asked for. Whether the address belongs to anybody is found out later, by `answer_request`, so that
    /// neither the answer nor its time tells.
    awaitable<> note_request(LinkPurpose purpose, std::string email, Device device, std::string correlation_id);
    /// Makes the link and the mail for one noted request, where there is an account for it. False when none is waiting.
    awaitable<bool> answer_request();
    /// A new account that must confirm its address before it can be used. The caller commits.
    awaitable<Account> insert_unverified(pg::Transaction& transaction, NewAccount input, std::string correlation_id);

    awaitable<bool> is_good(OpaqueToken token, LinkPurpose purpose);
    /// Sets the password, ends every session (publish them) and every other such link. Nothing when the link is not good.
    awaitable<std::optional<std::vector<SessionId>>> reset_password(OpaqueToken token, std::string password_hash, Device device,
                                                                    std::string correlation_id);
    /// A pending account becomes active. False when the link is not good.
    awaitable<bool> verify_email(OpaqueToken token, Device device, std::string correlation_id);
    awaitable<> sweep();

private:
    awaitable<> append_link(pg::Transaction& transaction, const Account& account, LinkPurpose purpose);

    pg::Pool& pool_;
    std::string public_url_;
};

}  // namespace darkroom::accounts
