#include "platform/core/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>

namespace darkroom {

namespace {

std::optional<std::string> from_process(std::string_view name) {
    const char* value = std::getenv(std::string(name).c_str());
    // An empty variable counts as unset: compose files cannot unset one.
    if (value == nullptr || *value == '\0') return std::nullopt;
    return std::string(value);
}

std::optional<std::int64_t> to_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<Milliseconds> to_duration(std::string_view text) {
    struct Unit {
        std::string_view suffix;
        std::int64_t milliseconds;
    };
    // "ms" before "s" and "m": the longest suffix wins.
    static constexpr Unit units[] = {{"ms", 1}, {"s", 1000}, {"m", 60'000}, {"h", 3'600'000}, {"d", 86'400'000}, {"", 1000}};
    for (const auto& [suffix, milliseconds] : units) {
        if (!text.ends_with(suffix)) continue;
        const auto number = to_integer(text.substr(0, text.size() - suffix.size()));
        if (!number || *number < 0 || *number > 1'000'000'000) return std::nullopt;
        return Milliseconds{*number * milliseconds};
    }
    return std::nullopt;
}

std::string to_text(Milliseconds value) {
    if (value.count() % 1000 == 0) return fmt::format("{}s", value.count() / 1000);
    return fmt::format("{}ms", value.count());
}

}  // namespace

Environment::Environment() : lookup_(from_process) {}

Environment::Environment(Lookup lookup) : lookup_(std::move(lookup)) {}

std::optional<std::string> Environment::find(std::string_view name, std::string_view type, std::string_view fallback,
                                             std::string_view description) {
    // Two layers may read the same variable; --help lists it once.
    if (std::ranges::find(described_, name, &VariableDescription::name) == described_.end()) {
        described_.push_back({std::string(name), std::string(type), std::string(fallback), std::string(description)});
    }
    return lookup_(name);
}

std::string Environment::text(std::string_view name, std::string_view fallback, std::string_view description) {
    return find(name, "text", fallback, description).value_or(std::string(fallback));
}

std::string Environment::required_text(std::string_view name, std::string_view description) {
    auto value = find(name, "text", "(required)", description);
    if (!value) problem(name, "is required");
    return value.value_or("");
}

std::int64_t Environment::integer(std::string_view name, std::int64_t fallback, std::int64_t minimum, std::int64_t maximum,
                                  std::string_view description) {
    const auto value = find(name, fmt::format("{}..{}", minimum, maximum), std::to_string(fallback), description);
    if (!value) return fallback;
    const auto number = to_integer(*value);
    if (!number || *number < minimum || *number > maximum) {
        problem(name, fmt::format("must be a whole number from {} to {}, is \"{}\"", minimum, maximum, *value));
        return fallback;
    }
    return *number;
}

bool Environment::flag(std::string_view name, bool fallback, std::string_view description) {
    const auto value = find(name, "true|false", fallback ? "true" : "false", description);
    if (!value) return fallback;
    if (*value == "true" || *value == "1" || *value == "yes" || *value == "on") return true;
    if (*value == "false" || *value == "0" || *value == "no" || *value == "off") return false;
    problem(name, fmt::format("must be true or false, is \"{}\"", *value));
    return fallback;
}

Milliseconds Environment::duration(std::string_view name, Milliseconds fallback, std::string_view description) {
    const auto value = find(name, "duration", to_text(fallback), description);
    if (!value) return fallback;
    const auto parsed = to_duration(*value);
    if (!parsed) problem(name, fmt::format("must be a duration such as 500ms, 30s or 15m, is \"{}\"", *value));
    return parsed.value_or(fallback);
}

Secret Environment::secret(std::string_view name, std::string_view description) {
    auto value = find(name, "secret", "", description);
    if (value) return Secret(std::move(*value));
    const auto path = lookup_(std::string(name) + "_FILE");
    if (!path) return {};
    std::ifstream file(*path);
    std::string line;
    if (!file || !std::getline(file, line) || line.empty()) {
        problem(std::string(name) + "_FILE", fmt::format("cannot be read or is empty: {}", *path));
        return {};
    }
    return Secret(std::move(line));
}

Secret Environment::required_secret(std::string_view name, std::string_view description) {
    const auto before = problems_.size();
    auto value = secret(name, description);
    if (value.empty() && problems_.size() == before)
        problem(name, "is required (or name a file by " + std::string(name) + "_FILE)");
    return value;
}

void Environment::problem(std::string_view name, std::string_view what) {
    problems_.push_back(fmt::format("{}: {}", name, what));
}

void Environment::finish() const {
    if (!problems_.empty()) throw ConfigurationError(fmt::format("{}", fmt::join(problems_, "\n")));
}

}  // namespace darkroom
