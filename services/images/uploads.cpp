#include "services/images/uploads.hpp"

#include "platform/http/multipart.hpp"
#include "services/images/domain/errors.hpp"

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

awaitable<StoredUpload> Uploads::receive(http::Context& context, std::optional<UserId> named_user) {
    // Who may not is told before megabytes are read.
    if (named_user) context.caller.acting_for(named_user);
    context.body.limit(static_cast<std::uint64_t>(max_bytes_ + multipart_overhead));
    http::MultipartReader reader(context.body, context.request.headers.get("Content-Type"));
    const auto form = co_await receive_form(reader, parts_.store, max_bytes_);
    const auto user = context.caller.acting_for(form.user_id ? form.user_id : named_user);
    if (!form.file) fail(no_file());

    const auto facts = co_await parts_.worker.look_at(form.file->descriptor());
    const auto stored = co_await parts_.store.seal(*form.file);
    auto transaction = co_await parts_.pool.begin();
    co_await parts_.files.acquire(transaction, stored);
    co_await parts_.store.publish(*form.file, stored.sha256);
    auto upload = upload_of(user, form.filename, facts, stored);
    upload = co_await parts_.uploads.insert(transaction, upload, context.correlation_id.text());
    co_await transaction.commit();
    co_return upload;
}

awaitable<> Uploads::remove(UploadId id, Visibility owner, std::string correlation_id) {
    auto transaction = co_await parts_.pool.begin();
    const auto upload = co_await parts_.uploads.lock(transaction, id, owner);
    if (!upload) fail(upload_not_found());
    auto released = co_await remove_rows(transaction, *upload, std::move(correlation_id));
    co_await transaction.commit();
    co_await parts_.collector.collect(std::move(released));
}

awaitable<> Uploads::remove_all(pg::Transaction& transaction, UserId user, std::string correlation_id) {
    const auto ids = co_await parts_.uploads.ids_of(transaction, user);
    for (const auto& id : ids) {
        const auto upload = co_await parts_.uploads.lock(transaction, id, user);
        if (upload) co_await remove_rows(transaction, *upload, correlation_id);
    }
}

awaitable<std::vector<std::string>> Uploads::remove_rows(pg::Transaction& transaction, StoredUpload upload,
                                                         std::string correlation_id) {
    const auto jobs = co_await parts_.jobs.remove_all(transaction, upload.id, correlation_id);
    co_await parts_.uploads.remove(transaction, upload, std::move(correlation_id));
    std::vector<std::string> released{upload.sha256};
    for (const auto& job : jobs) {
        parts_.runner.call_off(job.id);
        if (job.result_sha256) released.push_back(*job.result_sha256);
    }
    co_await parts_.files.release(transaction, released);
    co_return released;
}

}  // namespace darkroom::images
