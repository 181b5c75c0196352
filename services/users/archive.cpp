#include "services/users/archive.hpp"

#include "services/users/domain/errors.hpp"

#include <algorithm>
#include <stdexcept>

namespace darkroom::users {

namespace {

/// What is sent at once; more only where one item or one piece of a picture is larger.
constexpr std::size_t piece_bytes = 64 * 1024;

/// Nothing that could be unpacked outside of the archive's folder.
bool is_safe(std::string_view path) {
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
               c == '/';
    };
    return !path.empty() && path.front() != '/' && path.find("..") == std::string_view::npos &&
           std::ranges::all_of(path, allowed);
}

struct FileItem {
    std::string path;
    std::string sha256;
    std::int64_t size = 0;
};
BOOST_DESCRIBE_STRUCT(FileItem, (), (path, sha256, size))

}  // namespace

Archive::Archive(ExportClient& client, ExportSubject subject, const Profile& profile, std::vector<ExportPage> first_pages)
    : client_(client), subject_(std::move(subject)), first_pages_(std::move(first_pages)) {
    zip_.begin("profile.json", ZipStream::Content::text, std::nullopt);
    zip_.write(json::pretty(json::encode(profile)));
    page_ = std::move(first_pages_.at(0));
    begin_section();
}

awaitable<std::optional<std::string>> Archive::next() {
    while (!finished_ && zip_.ready() < piece_bytes) co_await advance();
    if (zip_.ready() == 0) co_return std::nullopt;
    co_return zip_.take();
}

awaitable<> Archive::advance() {
    if (file_) {
        co_await copy_file();
    } else if (item_ == page_.items.size()) {
        co_await turn_page();
    } else if (lists_files()) {
        co_await begin_file(page_.items[item_++]);
    } else {
        write_item(page_.items[item_++]);
    }
}

void Archive::write_item(const json::Value& item) {
    zip_.write(items_of_section_++ == 0 ? "\n" : ",\n");
    zip_.write(json::serialize(item));
}

awaitable<> Archive::begin_file(json::Value value) {
    json::Problems problems(json::Unknown::ignore);
    const auto item = json::decode_value<FileItem>(value, problems);
    if (!item || !is_safe(item->path)) throw std::runtime_error("image-service names a file that cannot be exported");
    file_ = co_await client_.file(subject_, item->sha256);
    const auto path = std::string(client_.sources().at(source_).folder) + '/' + item->path;
    if (!file_) {
        deleted_.emplace_back(path);
        co_return;
    }
    zip_.begin(path, ZipStream::Content::compressed, item->size);
    missing_bytes_ = item->size;
    ++items_of_section_;
}

awaitable<> Archive::copy_file() {
    const auto piece = co_await file_->body().read();
    if (piece) {
        missing_bytes_ -= static_cast<std::int64_t>(piece->size());
        zip_.write(*piece);
        co_return;
    }
    if (missing_bytes_ != 0) fail(export_unavailable());
    file_.reset();
}

awaitable<> Archive::turn_page() {
    const auto section = page_.section;
    if (page_.next) {
        auto page = co_await client_.page(client_.sources().at(source_), subject_, page_.next);
        if (page.section != section) end_section();
        page_ = std::move(page);
        item_ = 0;
        if (page_.section != section) begin_section();
        co_return;
    }
    end_section();
    item_ = 0;
    if (++source_ == client_.sources().size()) {
        write_manifest();
        co_return;
    }
    page_ = std::move(first_pages_.at(source_));
    begin_section();
}

void Archive::begin_section() {
    items_of_section_ = 0;
    if (lists_files()) return;
    const auto path = std::string(client_.sources().at(source_).folder) + '/' + page_.section + ".json";
    if (!is_safe(path)) throw std::runtime_error("a service names a section that cannot be exported");
    zip_.begin(path, ZipStream::Content::text, std::nullopt);
    zip_.write("[");
}

void Archive::end_section() {
    if (!lists_files()) zip_.write("\n]\n");
    const auto name = std::string(client_.sources().at(source_).folder) + '/' + page_.section;
    contents_[lists_files() ? name : name + ".json"] = items_of_section_;
}

void Archive::write_manifest() {
    const json::Value manifest = json::Object{{"user_id", subject_.user.text()},
                                              {"finished_at", to_rfc3339(now())},
                                              {"contents", std::move(contents_)},
                                              {"deleted_meanwhile", std::move(deleted_)}};
    zip_.begin("manifest.json", ZipStream::Content::text, std::nullopt);
    zip_.write(json::pretty(manifest));
    zip_.close();
    finished_ = true;
}

}  // namespace darkroom::users
