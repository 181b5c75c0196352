// The supervisor's end of run/…/control.sock: one request line, one answer line, closed. Only the owner can connect.
#pragma once

#include "cli/process.hpp"

#include <poll.h>

#include <functional>
#include <string>
#include <vector>

namespace darkroom::cli {

class ControlServer {
public:
    using Answer = std::function<std::string(std::string_view request)>;

    /// Replaces a socket that an earlier supervisor left; the caller holds the lock that says there is no other.
    explicit ControlServer(const std::string& path);

    void add_to(std::vector<pollfd>& descriptors) const;
    /// Looks up its own descriptors among the polled ones.
    void serve(const std::vector<pollfd>& descriptors, const Answer& answer);
    bool busy() const { return !clients_.empty(); }

private:
    struct Client {
        Descriptor socket;
        std::string request;
        SteadyClock::time_point accepted;
        bool done = false;
    };
    void accept();
    void read(Client& client, const Answer& answer);

    Descriptor listener_;
    std::vector<Client> clients_;
};

}  // namespace darkroom::cli
