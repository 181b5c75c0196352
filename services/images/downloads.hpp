// Answers with a file from the store.
#pragma once

#include "platform/http/context.hpp"
#include "platform/http/response.hpp"
#include "services/images/file_store.hpp"
#include "services/images/uploads_repository.hpp"

namespace darkroom::images {

struct Download {
    std::string sha256;
    std::string mime_type;
    std::string filename;
};

/// To be sent. Fails with result_not_found when there is no such file.
awaitable<http::FileBody> open_body(FileStore& store, std::string sha256);

class Downloads {
public:
    Downloads(FileStore& store, UploadsRepository& uploads) : store_(store), uploads_(uploads) {}

    /// The file, and image.downloaded unless the client has it already or only asks how large it is.
    awaitable<http::Response> answer(http::Context& context, StoredUpload upload, Download download);

private:
    FileStore& store_;
    UploadsRepository& uploads_;
};

}  // namespace darkroom::images
