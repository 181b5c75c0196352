// RESP2 to bytes and back by hiredis; no I/O.
#pragma once

#include "platform/redis/reply.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct redisReader;

namespace darkroom::redis {

std::string format_command(const std::vector<std::string>& words);

/// A reply at the top level. Errors inside an array are kept as text.
struct Parsed {
    Reply reply{};
    /// Set for an error reply.
    std::optional<std::string> error{};
    /// The connection was lost before the answer came.
    bool lost = false;
};

class ReplyReader {
public:
    ReplyReader();
    void feed(std::string_view bytes);
    /// nullopt: more bytes are needed. std::runtime_error: this is no RESP.
    std::optional<Parsed> next();

private:
    struct Free {
        void operator()(redisReader* reader) const;
    };
    std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace darkroom::redis
