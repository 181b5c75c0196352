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

    /// Whose link it is; nobody's when it is not good.
    awaitable<std::optional<Account>> find_owner_of(OpaqueToken token, LinkPurpose purpose);
    /// Sets the password, ends every session (publish them) and every other such link. Nothing when the link is not good.
    awaitable<std::optional<std::vector<SessionId>>> reset_password(OpaqueToken token, std::string password_hash, Device device,
                                                                    std::string correlation_id);
    /// A pending account becomes active. False when the link is not good.
    awaitable<bool> verify_email(OpaqueToken token, Device device, std::string correlation_id);
    /// As AccountsRepository::change, but another address waits until a link that is mailed to it is used, and replaces one
    /// that waits already. 409 email_taken; 429 email_changes_exhausted.
    awaitable<ChangeOutcome> change_unconfirmed(UserId id, AccountChange change, std::optional<std::int64_t> expected_version,
                                                std::string correlation_id);
    /// The account has that address from now on. False when the link is not good, or somebody else has the address by now.
    awaitable<bool> confirm_email_change(OpaqueToken token, Device device, std::string correlation_id);
    awaitable<> sweep();

private:
    /// `wanted` is the account with the address that it is to have.
    awaitable<> append_email_change(pg::Transaction& transaction, Account wanted);
    awaitable<> append_link(pg::Transaction& transaction, const Account& account, LinkPurpose purpose);

    pg::Pool& pool_;
    std::string public_url_;
};

/// What waits to be confirmed is off: the address has changed otherwise, or somebody else may have asked for it.
awaitable<> void_email_changes(pg::Transaction& transaction, UserId account);

}  // namespace darkroom::accounts
