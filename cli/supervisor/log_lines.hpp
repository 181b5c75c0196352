// What a child writes, cut into lines and brought to one format.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace darkroom::cli {

/// Cuts a byte stream into lines of at most `longest` bytes; what is longer is cut, the rest of that line dropped.
class LineSplitter {
public:
    static constexpr std::size_t longest = 16 * 1024;

    void feed(std::string_view bytes, const std::function<void(std::string_view)>& on_line);

private:
    std::string pending_;
    bool dropping_ = false;
};

/// Our services write JSON lines already; everything else (PostgreSQL, Redis, a crash message) is wrapped into one, with the
/// level its writer used, so that `darkroom logs` can merge all of them.
std::string as_json_line(std::string_view service, std::string_view line);

}  // namespace darkroom::cli
