// What `up` asks of the supervisor, and what the supervisor answers: JSON through a pipe and a unix socket, never through a
// file or an argument, because the environments hold secrets.
#pragma once

#include "platform/json/described.hpp"

#include <map>
#include <string>
#include <vector>

namespace darkroom::cli {

/// Started in this order, stopped in the opposite one.
enum class Stage { database = 0, cache = 1, services = 2 };
inline constexpr int last_stage = 2;

struct PlannedProcess {
    std::string name;
    int stage = 0;
    std::vector<std::string> arguments;
    std::vector<std::string> environment;
    std::string directory;
    /// -1: as the supervisor itself.
    std::int64_t uid = -1;
    std::int64_t gid = -1;
    int stop_signal = 15;
    int stop_milliseconds = 8000;
    int port = 0;
    std::string log_file;
};
BOOST_DESCRIBE_STRUCT(PlannedProcess, (),
                      (name, stage, arguments, environment, directory, uid, gid, stop_signal, stop_milliseconds, port,
                       log_file))

/// What a later `status`, `logs` or `up` needs to know of a running system, whatever its own environment says.
struct RunFacts {
    std::string version;
    /// Changes with every rebuild of a service.
    std::string build;
    std::string gateway;
    /// The variables that were set when it was started; of secrets only a digest.
    std::map<std::string, std::string> settings;
};
BOOST_DESCRIBE_STRUCT(RunFacts, (), (version, build, gateway, settings))

struct Plan {
    std::string lock_file;
    std::string pid_file;
    std::string children_file;
    std::string control_socket;
    std::string log_file;
    RunFacts facts;
    std::vector<PlannedProcess> processes;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (lock_file, pid_file, children_file, control_socket, log_file, facts, processes))

enum class ChildState { stopped, running, waiting, stopping };
BOOST_DESCRIBE_ENUM(ChildState, stopped, running, waiting, stopping)

struct ChildStatus {
    std::string name;
    ChildState state = ChildState::stopped;
    std::int64_t pid = 0;
    int port = 0;
    std::int64_t restarts = 0;
    /// How long the present process has been running.
    std::int64_t uptime_milliseconds = 0;
    /// The last line it wrote, an error before others, for "why does it not start".
    std::string last_line;
};
BOOST_DESCRIBE_STRUCT(ChildStatus, (), (name, state, pid, port, restarts, uptime_milliseconds, last_line))

struct SupervisorStatus {
    std::int64_t pid = 0;
    RunFacts facts;
    std::vector<ChildStatus> children;

    const ChildStatus* find(std::string_view name) const {
        for (const auto& child : children) {
            if (child.name == name) return &child;
        }
        return nullptr;
    }
};
BOOST_DESCRIBE_STRUCT(SupervisorStatus, (), (pid, facts, children))

enum class ControlCommand { status, start, stop };
BOOST_DESCRIBE_ENUM(ControlCommand, status, start, stop)

struct ControlRequest {
    ControlCommand command = ControlCommand::status;
    /// For start: everything up to this stage.
    int stage = last_stage;
};
BOOST_DESCRIBE_STRUCT(ControlRequest, (), (command, stage))

/// One line of run/children.json: who must be gone before a new system may start.
struct ChildRecord {
    std::string name;
    std::int64_t pid = 0;
    std::int64_t started = 0;
};
BOOST_DESCRIBE_STRUCT(ChildRecord, (), (name, pid, started))

}  // namespace darkroom::cli
