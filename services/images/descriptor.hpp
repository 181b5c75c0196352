// Ownership of file descriptors.
#pragma once

#include <unistd.h>

#include <utility>

namespace darkroom::images {

/// Owns a file descriptor; -1 for none.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int value) : value_(value) {}
    Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(value_, other.value_);
        return *this;
    }
    ~Descriptor() { close(); }

    int get() const { return value_; }
    int release() { return std::exchange(value_, -1); }
    void close() {
        if (value_ >= 0) ::close(release());
    }

private:
    int value_ = -1;
};

}  // namespace darkroom::images
