#include "services/images/uploads.hpp"

#include "platform/http/multipart.hpp"
#include "services/images/domain/errors.hpp"
#include "services/images/removed_users_repository.hpp"

#include <array>
#include <map>

namespace darkroom::images {

namespace {

/// Room for boundaries, part headers and small fields around the file.
constexpr std::int64_t multipart_overhead = 64 * 1024;

struct ReceivedForm {
    std::optional<IncomingFile> file;
    std::string filename;
    std::optional<UserId> user_id;
};

awaitable<> receive_file(http::MultipartReader& reader, IncomingFile& file, std::int64_t max_bytes) {
    while (true) {
        const auto piece = co_await reader.read();
        if (!piece) co_return;
        file.write(*piece);
        if (file.size() > max_bytes) fail(upload_too_large(static_cast<std::size_t>(max_bytes)));
    }
}

UserId parse_user_id(std::string_view text) {
    auto id = UserId::parse(text);
    if (!id) fail(invalid_field("user_id", "is not a valid id"));
    return *id;
}

awaitable<ReceivedForm> receive_form(http::MultipartReader& reader, FileStore& store, std::int64_t max_bytes) {
    ReceivedForm form;
    while (true) {
        const auto part = co_await reader.next();
        if (!part) co_return form;
        if (part->name == "file" && part->filename) {
            if (form.file) fail(no_file());
            form.filename = *part->filename;
            form.file = store.begin();
            co_await receive_file(reader, *form.file, max_bytes);
        } else if (part->name == "user_id") {
            const auto text = co_await reader.read_text();
            form.user_id = parse_user_id(text);
        }
    }
}

StoredUpload upload_of(UserId user, std::string filename, const worker::ImageFacts& facts, const StoredFile& file) {
    StoredUpload upload;
    upload.id = UploadId::create();
    upload.user_id = std::move(user);
    upload.filename = filename.empty() ? "image." + std::string(facts_of(facts.format).extension) : std::move(filename);
    upload.file_size = file.size;
    upload.mime_type = facts_of(facts.format).mime_type;
    upload.width = facts.width;
    upload.height = facts.height;
    upload.frames = facts.frames;
    upload.has_alpha = facts.has_alpha;
    upload.sha256 = file.sha256;
    return upload;
}

}  // namespace

/// A file that is on disk but not yet in place, and whose it will be.
struct Uploads::Received {
    UserId user_id;
    std::string filename;
    IncomingFile file;
    worker::ImageFacts facts;
    StoredFile stored;
};

awaitable<Upload> Uploads::receive(http::Context& context, std::optional<UserId> named_user) {
    // Who may not is told before megabytes are read.
    if (named_user) context.caller.acting_for(named_user);
    co_await check_room(context);
    context.body.limit(static_cast<std::uint64_t>(options_.max_bytes + multipart_overhead));
    http::MultipartReader reader(context.body, context.request.headers.get("Content-Type"));
    auto form = co_await receive_form(reader, parts_.store, options_.max_bytes);
    const auto user = context.caller.acting_for(form.user_id ? form.user_id : named_user);
    if (!form.file) fail(no_file());
    const auto facts = co_await parts_.worker.look_at(form.file->descriptor());
    const auto stored = co_await parts_.store.seal(*form.file);
    const Received received{user, std::move(form.filename), *form.file, facts, stored};

    const std::array<std::string_view, 4> request{"upload", user.text(), received.filename, stored.sha256};
    const auto key = context.request.headers.get("Idempotency-Key");
    const auto idempotent = idempotent_request(context.caller, key, request).value();
    auto transaction = co_await parts_.pool.begin();
    if (idempotent) {
        const auto earlier = co_await parts_.idempotency.claim(transaction, *idempotent);
        if (earlier) {
            context.response_headers.set("Idempotency-Replayed", "true");
            co_return json::decode_json<Upload>(*earlier, json::Unknown::ignore).value();
        }
    }
    const auto row = co_await store(transaction, context, received);
    auto upload = Upload::of(row);
    if (idempotent) co_await parts_.idempotency.remember(transaction, *idempotent, json::serialize(json::encode(upload)));
    co_await transaction.commit();
    co_return upload;
}

awaitable<> Uploads::check_room(http::Context& context) {
    const auto& caller = context.caller;
    // Admins and services name the owner behind the file; a repeated request gets its first answer however full it is now.
    if (caller.is_service() || caller.is_admin() || context.request.headers.has("Idempotency-Key")) co_return;
    const auto quota = options_.quotas.of(caller.role);
    const auto usage = co_await parts_.usage.of(caller.user_id, quota);
    const auto announced = static_cast<std::int64_t>(context.body.length().value_or(0)) - multipart_overhead;
    const auto least = std::max<std::int64_t>(announced, 1);
    if (quota && usage.used_bytes + least > *quota) fail(quota_exceeded(usage.used_bytes, least, *quota));
}

awaitable<StoredUpload> Uploads::store(pg::Transaction& transaction, http::Context& context, const Received& received) {
    co_await refuse_removed(transaction, received.user_id);
    const auto correlation_id = context.correlation_id.text();
    const bool own = context.caller.user_id == received.user_id;
    Charge charge{received.user_id, received.stored.size};
    if (own) charge.quota = options_.quotas.of(context.caller.role);
    charge.enforced = own;
    charge.correlation_id = correlation_id;
    const auto charged = co_await parts_.usage.charge(transaction, std::move(charge));
    charged.value();
    co_await parts_.files.acquire(transaction, received.stored);
    co_await parts_.store.publish(received.file, received.stored.sha256);
    auto upload = upload_of(received.user_id, received.filename, received.facts, received.stored);
    upload = co_await parts_.uploads.insert(transaction, upload, correlation_id);
    co_return upload;
}

awaitable<> Uploads::remove(UploadId id, Visibility owner, std::string correlation_id) {
    const bool found = co_await remove_if_there(std::move(id), std::move(owner), std::move(correlation_id));
    if (!found) fail(upload_not_found());
}

awaitable<bool> Uploads::remove_if_there(UploadId id, Visibility owner, std::string correlation_id) {
    auto transaction = co_await parts_.pool.begin();
    auto upload = co_await parts_.uploads.lock(transaction, id, owner);
    if (!upload) co_return false;
    std::vector<StoredUpload> uploads{std::move(*upload)};
    auto released = co_await remove_rows(transaction, std::move(uploads), std::move(correlation_id));
    co_await transaction.commit();
    co_await parts_.collector.collect(std::move(released));
    co_return true;
}

awaitable<> Uploads::remove_all(pg::Transaction& transaction, UserId user, std::string correlation_id) {
    std::vector<StoredUpload> uploads;
    const auto ids = co_await parts_.uploads.ids_of(transaction, user);
    for (const auto& id : ids) {
        auto upload = co_await parts_.uploads.lock(transaction, id, user);
        if (upload) uploads.push_back(std::move(*upload));
    }
    co_await remove_rows(transaction, std::move(uploads), std::move(correlation_id));
    co_await parts_.usage.forget(transaction, std::move(user));
}

// In this order everywhere: uploads, jobs, usage, files. Or two transactions could wait for each other in a circle.
awaitable<std::vector<std::string>> Uploads::remove_rows(pg::Transaction& transaction, std::vector<StoredUpload> uploads,
                                                         std::string correlation_id) {
    std::vector<std::string> released;
    std::map<UserId, std::int64_t> freed;
    for (const auto& upload : uploads) {
        const auto jobs = co_await parts_.jobs.remove_all(transaction, upload.id, correlation_id);
        co_await parts_.uploads.remove(transaction, upload, correlation_id);
        released.push_back(upload.sha256);
        freed[upload.user_id] += upload.file_size;
        for (const auto& job : jobs) {
            parts_.runner.call_off(job.id);
            if (job.result_sha256) released.push_back(*job.result_sha256);
            freed[job.user_id] += job.result_size.value_or(0);
        }
    }
    for (const auto& [user, bytes] : freed) co_await parts_.usage.give_back(transaction, user, bytes);
    co_await parts_.files.release(transaction, released);
    co_return released;
}

}  // namespace darkroom::images
