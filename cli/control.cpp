#include "cli/control.hpp"

#include "cli/connection.hpp"

#include <fmt/format.h>

#include <unistd.h>

#include <fstream>

namespace darkroom::cli {

namespace {

constexpr Milliseconds answer_limit = 5s;

std::string recorded_pid(const Layout& layout) {
    std::ifstream file(layout.supervisor_pid());
    std::string pid;
    std::getline(file, pid);
    return pid.empty() ? "unknown" : pid;
}

}  // namespace

std::optional<SupervisorStatus> ask_supervisor(const Layout& layout, const ControlRequest& request) {
    if (::access(layout.home().c_str(), X_OK) != 0 && errno == EACCES) {
        throw std::runtime_error(
            fmt::format("{} belongs to another user: run as that user, or set DARKROOM_HOME", layout.home().string()));
    }
    auto connection = Connection::to_unix(layout.control_socket().string(), answer_limit);
    if (!connection) return std::nullopt;
    const auto answer = connection->exchange(json::serialize(json::encode(request)) + "\n");
    auto status = json::decode_json<SupervisorStatus>(answer.substr(0, answer.find('\n')), json::Unknown::ignore);
    if (!status) {
        throw std::runtime_error(fmt::format(
            "the supervisor (pid {}) does not answer: kill -9 it, then run ./darkroom up again", recorded_pid(layout)));
    }
    return std::move(*status);
}

}  // namespace darkroom::cli
