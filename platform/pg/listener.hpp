// LISTEN on its own connection: wakes who waits for work in a table (outbox relay, job workers).
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/async/runtime.hpp"

#include <string>

namespace darkroom::pg {

struct ListenerOptions {
    /// The same as the pool's; behind a pooler its `direct` is listened to.
    std::string url;
    std::string channel;
    Milliseconds connect_deadline = 3s;
};

/// A notification is a hint: one sent while the connection was away is lost, so who is woken by it also polls, seldom.
class Listener {
public:
    /// `wake` is notified for every notification and after every (re)connect.
    Listener(CpuPool& cpu, ListenerOptions options, Notifier& wake);

    /// Runs until cancelled; spawn it in a TaskGroup.
    awaitable<> run();

private:
    awaitable<> listen_once();

    CpuPool& cpu_;
    ListenerOptions options_;
    /// For libpq; empty when only a pooler is known.
    std::string server_;
    Notifier& wake_;
};

}  // namespace darkroom::pg
