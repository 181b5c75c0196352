// The archive of all that the system holds about a user: a folder a service, a file a section, and the pictures.
#pragma once

#include "services/users/domain/user.hpp"
#include "services/users/export_client.hpp"
#include "services/users/zip_stream.hpp"

namespace darkroom::users {

class Archive {
public:
    /// `first_pages`: of every source, in their order. Once all are there, the answer can begin.
    Archive(ExportClient& client, ExportSubject subject, const Profile& profile, std::vector<ExportPage> first_pages);

    /// The next piece of the zip; nullopt at the end. After a failure the archive cannot be finished: what has been sent must
    /// not look whole.
    awaitable<std::optional<std::string>> next();

private:
    /// A bit more of the archive.
    awaitable<> advance();
    void write_item(const json::Value& item);
    /// An item of the section "files": a picture to bring along.
    awaitable<> begin_file(json::Value item);
    awaitable<> copy_file();
    awaitable<> turn_page();
    void begin_section();
    void end_section();
    void write_manifest();

    bool lists_files() const { return page_.section == "files"; }

    ExportClient& client_;
    ExportSubject subject_;
    ZipStream zip_;
    std::vector<ExportPage> first_pages_;
    std::size_t source_ = 0;
    ExportPage page_;
    std::size_t item_ = 0;
    std::int64_t items_of_section_ = 0;
    /// The picture that is being copied, and how much of it is to come.
    ExportFile file_;
    std::int64_t missing_bytes_ = 0;
    /// What the manifest tells: items by file, and pictures that were deleted while the archive was made.
    json::Object contents_;
    json::Array deleted_;
    bool finished_ = false;
};

}  // namespace darkroom::users
