#include "platform/auth/access.hpp"

#include <gtest/gtest.h>

namespace darkroom::auth {
namespace {

Caller a_user(Role role) {
    return {.kind = CallerKind::user, .user_id = UserId::trusted("user-001"), .role = role};
}

Caller a_service() {
    return {.kind = CallerKind::service, .service = "image-service"};
}

Kind kind_of_refusal(const Access& access, const Caller& caller) {
    try {
        access.check(caller);
    } catch (const Failure& failure) {
        return failure.error().kind;
    }
    return Kind::invalid;  // stands for "was allowed"
}

TEST(Access, AsksForATokenBeforeItJudgesTheCaller) {
    EXPECT_EQ(kind_of_refusal(Access::signed_in, {}), Kind::unauthenticated);
    EXPECT_EQ(kind_of_refusal(Access::permission(permission::users_manage), {}), Kind::unauthenticated);
    EXPECT_NO_THROW(Access::open.check({}));
}

TEST(Access, PermissionComesFromTheRole) {
    const auto manage = Access::permission(permission::users_manage);

    EXPECT_EQ(kind_of_refusal(manage, a_user(Role::premium)), Kind::forbidden);
    EXPECT_NO_THROW(manage.check(a_user(Role::admin)));
    EXPECT_EQ(kind_of_refusal(Access::permission(permission::images_write), a_user(Role::guest)), Kind::forbidden);
}

TEST(Access, ServicesReachOnlyWhatIsMeantForThem) {
    EXPECT_EQ(kind_of_refusal(Access::permission(permission::users_manage), a_service()), Kind::forbidden);
    EXPECT_NO_THROW(Access::permission_or_service(permission::events_publish).check(a_service()));
    EXPECT_EQ(kind_of_refusal(Access::service, a_user(Role::admin)), Kind::forbidden);
}

TEST(Caller, ScopesNarrowWhatTheRoleAllows) {
    auto caller = a_user(Role::user);
    caller.scopes = {"images:read"};

    EXPECT_TRUE(caller.may(permission::images_read));
    EXPECT_FALSE(caller.may(permission::images_write));
}

TEST(Caller, OfAKeyOrAnApplicationIsNoAdminAndNoSession) {
    auto caller = a_user(Role::admin);
    EXPECT_NO_THROW(Access::session.check(caller));
    caller.scopes = {"images:read", "users:manage"};

    EXPECT_FALSE(caller.is_admin());
    EXPECT_THROW(caller.acting_for(UserId::trusted("user-002")), Failure);
    EXPECT_EQ(kind_of_refusal(Access::session, caller), Kind::forbidden);
    EXPECT_EQ(kind_of_refusal(Access::session, a_service()), Kind::forbidden);
    EXPECT_NO_THROW(Access::permission(permission::users_manage).check(caller));
}

TEST(Access, SessionWithAPermissionIsForNoKeyThatHasIt) {
    const auto manage = Access::session_with(permission::clients_manage);
    auto key = a_user(Role::admin);
    EXPECT_NO_THROW(manage.check(key));
    key.scopes = {"clients:manage"};

    EXPECT_EQ(kind_of_refusal(manage, key), Kind::forbidden);
    EXPECT_EQ(kind_of_refusal(manage, a_user(Role::premium)), Kind::forbidden);
    EXPECT_EQ(kind_of_refusal(manage, a_service()), Kind::forbidden);
    EXPECT_EQ(kind_of_refusal(manage, {}), Kind::unauthenticated);
}

TEST(Access, WhatIsTheCallersOwnNeedsAScopeOnlyOfThoseWhoHaveScopes) {
    const auto own = Access::own(permission::users_self);
    auto caller = a_user(Role::user);
    EXPECT_NO_THROW(own.check(a_user(Role::guest)));
    caller.scopes = {"images:read"};

    EXPECT_EQ(kind_of_refusal(own, caller), Kind::forbidden);
    caller.scopes = {"users:self"};
    EXPECT_NO_THROW(own.check(caller));
}

TEST(Caller, MayNameOnlyHimself) {
    const auto other = UserId::trusted("user-002");

    EXPECT_EQ(a_user(Role::user).acting_for(std::nullopt).text(), "user-001");
    EXPECT_EQ(a_user(Role::admin).acting_for(other), other);
    EXPECT_EQ(a_service().acting_for(other), other);
    EXPECT_THROW(a_user(Role::premium).acting_for(other), Failure);
    EXPECT_THROW(a_service().acting_for(std::nullopt), Failure);
}

}  // namespace
}  // namespace darkroom::auth
