#include "platform/core/log.hpp"

#include "platform/core/time.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <boost/json/serialize.hpp>

namespace darkroom::log {

namespace {

struct State {
    std::shared_ptr<spdlog::logger> logger;
    std::string service = "-";
    Level level = Level::info;
};

State& state() {
    static State instance;
    return instance;
}

constexpr std::string_view name_of(Level level) {
    switch (level) {
        case Level::debug: return "debug";
        case Level::info: return "info";
        case Level::warning: return "warning";
        case Level::error: return "error";
    }
    return "info";
}

void append_string(std::string& line, std::string_view text) {
    line += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

void append_value(std::string& line, const Field& field) {
    std::visit(
        [&line](const auto& value) {
            using T = std::decay_t<decltype(value)>;
            if constexpr (std::is_same_v<T, std::string_view>) {
                append_string(line, value);
            } else {
                line += fmt::format("{}", value);
            }
        },
        field.value);
}

}  // namespace

void start(std::string_view service, Level level) {
    auto& current = state();
    current.service = std::string(service);
    current.level = level;
    current.logger = std::make_shared<spdlog::logger>("darkroom", std::make_shared<spdlog::sinks::stdout_sink_mt>());
    current.logger->set_pattern("%v");
    current.logger->set_level(spdlog::level::trace);
    // A line that is still in a buffer when a process is killed would be the one that explains why.
    current.logger->flush_on(spdlog::level::trace);
}

Level level_from(std::string_view text) {
    for (const auto level : {Level::debug, Level::warning, Level::error}) {
        if (text == name_of(level)) return level;
    }
    return Level::info;
}

bool enabled(Level level) {
    return state().logger != nullptr && level >= state().level;
}

void write(Level level, std::string_view message, Fields fields) {
    if (!enabled(level)) return;
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","service":"{}","message":)", to_rfc3339(now()), name_of(level),
                                   state().service);
    append_string(line, message);
    for (const auto& field : fields) {
        line += ',';
        append_string(line, field.name);
        line += ':';
        append_value(line, field);
    }
    line += '}';
    state().logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace darkroom::log
