// JSON lines on standard output: {"time","level","service","message","correlation_id",…}. Thread-safe.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace darkroom::log {

enum class Level { debug, info, warning, error };

/// One member of the line. The views need to live only for the call. Never pass a secret.
struct Field {
    Field(std::string_view name_, std::string_view value_) : name(name_), value(value_) {}
    Field(std::string_view name_, const std::string& value_) : name(name_), value(std::string_view(value_)) {}
    Field(std::string_view name_, const char* value_) : name(name_), value(std::string_view(value_)) {}
    template <class T>
        requires std::is_arithmetic_v<T>
    Field(std::string_view name_, T value_) : name(name_) {
        if constexpr (std::is_same_v<T, bool>) {
            value = value_;
        } else if constexpr (std::is_floating_point_v<T>) {
            value = static_cast<double>(value_);
        } else {
            value = static_cast<long long>(value_);
        }
    }

    std::string_view name;
    std::variant<std::string_view, long long, double, bool> value;
};

using Fields = std::initializer_list<Field>;

/// Called once by main before anything is logged; lines below `level` are dropped.
void start(std::string_view service, Level level);
/// "debug", "info", "warning" or "error"; anything else is info.
Level level_from(std::string_view text);
bool enabled(Level level);

void write(Level level, std::string_view message, Fields fields = {});

inline void debug(std::string_view message, Fields fields = {}) {
    write(Level::debug, message, fields);
}
inline void info(std::string_view message, Fields fields = {}) {
    write(Level::info, message, fields);
}
inline void warning(std::string_view message, Fields fields = {}) {
    write(Level::warning, message, fields);
}
inline void error(std::string_view message, Fields fields = {}) {
    write(Level::error, message, fields);
}

}  // namespace darkroom::log
