// A value that must not reach a log, a message or a core dump by accident.
#pragma once

#include <string>
#include <string_view>

namespace darkroom {

/// Not printable, not comparable; `reveal()` is the one greppable way out. Wiped when destroyed.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string value) : value_(std::move(value)) {}
    Secret(const Secret&) = default;
    Secret(Secret&&) = default;
    Secret& operator=(const Secret&) = default;
    Secret& operator=(Secret&&) = default;
    ~Secret() {
        // volatile: the compiler may not drop the wipe as a dead store.
        for (volatile char* at = value_.data(); at != value_.data() + value_.size(); at = at + 1) *at = '\0';
    }

    std::string_view reveal() const noexcept { return value_; }
    bool empty() const noexcept { return value_.empty(); }

private:
    std::string value_;
};

}  // namespace darkroom
