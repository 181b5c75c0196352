// Notices a client that leaves while its upstream still works, and stops waiting for the upstream.
#pragma once

#include "platform/http/client.hpp"
#include "platform/http/exchange.hpp"

#include <memory>

namespace darkroom::gateway {

/// Lives in the frame of the coroutine that waits. A client that only closes its sending side looks the same as one that is
/// gone, so the upstream gets a moment to answer first.
class ClientWatch {
public:
    explicit ClientWatch(Executor executor);
    ~ClientWatch();
    ClientWatch(const ClientWatch&) = delete;
    ClientWatch& operator=(const ClientWatch&) = delete;

    /// Whose connection is closed when the client is gone.
    void set_upstream(http::ClientStream* upstream);
    /// Once the client's body has been read.
    void begin(http::Exchange& exchange);
    bool client_is_gone() const;

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace darkroom::gateway
