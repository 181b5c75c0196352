// Typed, described environment variables. Each service's `Config` reads them once, in config.hpp, and nowhere else.
#pragma once

#include "platform/core/secret.hpp"
#include "platform/core/time.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom {

/// What `--help` and the configuration reference print.
struct VariableDescription {
    std::string name;
    std::string type;
    std::string fallback;
    std::string description;
};

/// All problems of an environment at once, one per line.
class ConfigurationError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Reads never throw: a problem is noted, a harmless value returned, and `finish()` reports all of them together.
class Environment {
public:
    using Lookup = std::function<std::optional<std::string>(std::string_view name)>;

    /// The process's own environment.
    Environment();
    explicit Environment(Lookup lookup);

    std::string text(std::string_view name, std::string_view fallback, std::string_view description);
    std::string required_text(std::string_view name, std::string_view description);
    std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t minimum, std::int64_t maximum,
                         std::string_view description);
    bool flag(std::string_view name, bool fallback, std::string_view description);
    /// "250ms", "30s", "15m", "24h", "30d"; a bare number is seconds.
    Milliseconds duration(std::string_view name, Milliseconds fallback, std::string_view description);
    /// NAME, or the first line of the file named by NAME_FILE; empty when neither is set.
    Secret secret(std::string_view name, std::string_view description);
    Secret required_secret(std::string_view name, std::string_view description);

    /// Notes a problem found by the caller, for rules that concern more than one variable.
    void problem(std::string_view name, std::string_view what);
    /// Throws ConfigurationError listing every problem noted so far.
    void finish() const;

    const std::vector<VariableDescription>& described() const { return described_; }

private:
    std::optional<std::string> find(std::string_view name, std::string_view type, std::string_view fallback,
                                    std::string_view description);

    Lookup lookup_;
    std::vector<VariableDescription> described_;
    std::vector<std::string> problems_;
};

}  // namespace darkroom
