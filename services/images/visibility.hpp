// Whose uploads a caller may see: somebody else's are as if they did not exist.
#pragma once

#include "platform/auth/caller.hpp"
#include "services/images/uploads_repository.hpp"

namespace darkroom::images {

inline Visibility visible_to(const auth::Caller& caller) {
    if (caller.is_service() || caller.may(auth::permission::images_manage)) return std::nullopt;
    return caller.user_id;
}

}  // namespace darkroom::images
