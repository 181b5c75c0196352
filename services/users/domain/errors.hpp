// Every refusal of the user service. Codes are public contract.
#pragma once

#include "platform/core/error.hpp"

namespace darkroom::users {

inline Error user_not_found() {
    return {Kind::not_found, "user_not_found", "there is no such user"};
}
/// Said to everybody but an admin, whether the user exists or not.
inline Error foreign_user() {
    return {Kind::forbidden, "forbidden", "you may only see and change your own profile"};
}
inline Error scope_missing() {
    return {Kind::forbidden, "forbidden", "this key or application lacks the scope users:self"};
}
/// A token that is still good, of an account that is gone.
inline Error account_deleted() {
    return {Kind::unauthenticated, "session_revoked", "this account has been deleted"};
}
inline Error idempotency_key_reused() {
    return {Kind::invalid, "idempotency_key_reused", "Idempotency-Key: was used for another request"};
}
inline Error created_and_deleted() {
    return {Kind::conflict, "user_deleted", "the user that this request made has been deleted since"};
}
/// Before the archive has begun; an archive that cannot be finished is cut off.
inline Error export_unavailable() {
    return {Kind::unavailable, "export_unavailable", "not all of your data can be read right now", {}, std::chrono::seconds{5}};
}
inline Error exports_busy() {
    return {Kind::unavailable, "exports_busy", "too many exports are being made right now", {}, std::chrono::seconds{30}};
}
inline Error people_only() {
    return {Kind::forbidden, "people_only", "a service has no profile"};
}
inline Error profile_changed() {
    return {Kind::precondition_failed, "precondition_failed", "If-Match: the profile has changed since you read it"};
}
inline Error auth_unavailable() {
    return {Kind::unavailable, "auth_unavailable", "accounts cannot be changed right now", {}, std::chrono::seconds{1}};
}

}  // namespace darkroom::users
