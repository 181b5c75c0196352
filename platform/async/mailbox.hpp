// The one door into a loop from other threads.
#pragma once

#include "platform/async/io.hpp"

#include <functional>
#include <mutex>
#include <vector>

namespace darkroom {

/// Functions posted from any thread run on the loop's thread, in order. Must outlive whoever posts.
class Mailbox {
public:
    explicit Mailbox(net::io_context& loop);
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    /// Any thread. Never blocks for long, never throws but for lack of memory.
    void post(std::function<void()> work);
    /// Loop thread: stops listening, so that the loop can run dry.
    void close();

private:
    void listen();
    void run_all();

    StreamDescriptor wakeup_;  // an eventfd
    int descriptor_;
    std::mutex mutex_;
    std::vector<std::function<void()>> waiting_;
};

}  // namespace darkroom
