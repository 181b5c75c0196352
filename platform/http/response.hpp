// What a handler answers when it is not simply a described struct: files, streams, redirects, bare documents.
#pragma once

#include "platform/async/io.hpp"
#include "platform/core/time.hpp"
#include "platform/http/message.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

namespace darkroom::http {

/// Owns a file descriptor.
class FileHandle {
public:
    explicit FileHandle(int descriptor) : descriptor_(descriptor) {}
    FileHandle(FileHandle&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    FileHandle& operator=(FileHandle&& other) noexcept;
    ~FileHandle();
    int get() const { return descriptor_; }

private:
    int descriptor_;
};

/// Sent with sendfile. The server handles Range, If-Range, If-None-Match (ETag) and HEAD for it.
struct FileBody {
    FileHandle file;
    std::uint64_t size = 0;
};

/// Called until it gives nullopt; sent chunked. Each piece is awaited before the next is asked for.
using StreamBody = std::function<awaitable<std::optional<std::string>>()>;

struct Response {
    int status = 200;
    Headers headers{};
    std::variant<std::string, FileBody, StreamBody> body{};

    static Response text(int status, std::string content_type, std::string body);
    static Response redirect(std::string location, int status = 302);
    /// `etag` without quotes; `download_name` becomes Content-Disposition (RFC 6266, with filename*).
    static Response file(FileBody file, std::string content_type, std::string etag, std::optional<std::string> download_name);
};

}  // namespace darkroom::http
