// Every refusal of the image service. Codes are public contract.
#pragma once

#include "platform/core/error.hpp"

#include <fmt/format.h>

namespace darkroom::images {

inline Error upload_not_found() {
    return {Kind::not_found, "upload_not_found", "there is no such upload"};
}
inline Error processing_not_found() {
    return {Kind::not_found, "processing_not_found", "there is no such processing"};
}
inline Error user_not_found() {
    return {Kind::not_found, "user_not_found", "there is no such user"};
}
inline Error result_not_found() {
    return {Kind::not_found, "result_not_found", "there is no completed result of that transformation"};
}
inline Error result_not_ready(std::string_view status) {
    return {Kind::conflict, "result_not_ready", fmt::format("the processing is {}", status)};
}
inline Error processing_finished(std::string_view status) {
    return {Kind::conflict, "processing_finished", fmt::format("the processing is {} and cannot be cancelled", status)};
}
inline Error foreign_user() {
    return {Kind::forbidden, "foreign_user", "user_id: only an admin or a service may name somebody else"};
}
inline Error upload_too_large(std::size_t limit) {
    return {Kind::too_large, "upload_too_large", fmt::format("the file is larger than {} bytes", limit)};
}
inline Error quota_exceeded(std::int64_t used, std::int64_t more, std::int64_t limit) {
    return {Kind::forbidden, "quota_exceeded",
            fmt::format("your quota is {} bytes: {} are used and {} more do not fit", limit, used, more)};
}
inline Error idempotency_key_reused() {
    return {Kind::invalid, "idempotency_key_reused", "Idempotency-Key: another request was sent with this key before"};
}
inline Error no_file() {
    return invalid_field("file", "is required: one part named file with a file name");
}
inline Error storage_full() {
    return {Kind::unavailable, "storage_full", "there is no space left for uploads", {}, std::chrono::seconds{60}};
}

}  // namespace darkroom::images
