// The private Redis: a cache and a messenger, nothing in it must survive.
#pragma once

#include "cli/layout.hpp"
#include "cli/plan.hpp"
#include "platform/core/secret.hpp"

#include <cstdint>

namespace darkroom::cli {

class PrivateRedis {
public:
    PrivateRedis(const Layout& layout, std::uint16_t port, bool tcp, Secret password)
        : layout_(layout), port_(port), tcp_(tcp), password_(std::move(password)) {}

    /// Writes the configuration (mode 0600: it holds the password). Throws std::runtime_error when Redis is not installed.
    void prepare() const;
    PlannedProcess process() const;
    std::string url() const;
    /// True when it answers to our password.
    bool answers() const;

private:
    const Layout& layout_;
    std::uint16_t port_;
    bool tcp_;
    Secret password_;
};

}  // namespace darkroom::cli
