// llhttp, used for one thing: splitting a complete head into its start line and headers.
#pragma once

#include "platform/http/head_parser.hpp"

namespace darkroom::http {

enum class MessageType { request, response };

/// The framing headers, gathered while the headers pass by.
struct FramingFacts {
    std::size_t content_lengths = 0;
    std::size_t transfer_encodings = 0;
    std::size_t hosts = 0;
    std::string_view content_length;
    std::string_view transfer_encoding;
    std::string_view host;
    std::string_view expect;
    bool close = false;
    bool keep_alive = false;
    bool connection_upgrade = false;
    bool upgrade = false;
};

struct SplitHead {
    std::string_view target;
    Headers headers;
    FramingFacts facts;
    int status = 0;
    /// HTTP/1.x
    int minor_version = 1;
};

/// One pass; views point into `head`. The caller has checked the start line's shape.
boost::system::result<SplitHead, ProtocolError> split_head(std::string_view head, MessageType type, std::size_t max_headers);

}  // namespace darkroom::http
