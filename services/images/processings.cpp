#include "services/images/processings.hpp"

#include "services/images/domain/errors.hpp"
#include "services/images/visibility.hpp"

namespace darkroom::images {

awaitable<Processing> Processings::submit(http::Context& context, UploadId upload_id, NamedRecipe recipe) {
    const auto upload = co_await find_visible(context, upload_id);
    for (const auto& overlay : overlays_of(recipe.recipe)) co_await find_visible(context, UploadId::trusted(overlay));

    const auto canonical = recipe.recipe.canonical();
    const std::array<std::string_view, 4> request{"process", upload_id.text(), recipe.name, canonical};
    const auto key = context.request.headers.get("Idempotency-Key");
    const auto idempotent = idempotent_request(context.caller, key, request).value();
    auto transaction = co_await parts_.jobs.begin();
    if (idempotent) {
        const auto earlier = co_await parts_.idempotency.claim(transaction, *idempotent);
        if (earlier) {
            context.response_headers.set("Idempotency-Replayed", "true");
            co_return json::decode_json<Processing>(*earlier, json::Unknown::ignore).value();
        }
    }
    co_await check_room(context, upload.user_id);
    const auto job = co_await parts_.jobs.create(transaction, upload, recipe, context.correlation_id.text());
    auto processing = Processing::of(job);
    if (idempotent) co_await parts_.idempotency.remember(transaction, *idempotent, json::serialize(json::encode(processing)));
    co_await transaction.commit();
    co_return processing;
}

awaitable<StoredUpload> Processings::find_visible(http::Context& context, UploadId id) {
    auto upload = co_await parts_.uploads.find(std::move(id), visible_to(context.caller));
    if (!upload) fail(upload_not_found());
    co_return std::move(*upload);
}

awaitable<> Processings::check_room(http::Context& context, UserId owner) {
    // Whoever acts for somebody else is not bound by that user's quota.
    if (context.caller.user_id != owner) co_return;
    const auto quota = quotas_.of(context.caller.role);
    const auto usage = co_await parts_.usage.of(std::move(owner), quota);
    if (quota && usage.used_bytes >= *quota) fail(quota_exceeded(usage.used_bytes, 1, *quota));
}

}  // namespace darkroom::images
