#include "services/gateway/client_watch.hpp"

namespace darkroom::gateway {

namespace {

constexpr Milliseconds grace{1000};

}  // namespace

struct ClientWatch::State {
    explicit State(Executor executor) : patience(executor) {}
    Timer patience;
    http::ClientStream* upstream = nullptr;
    bool watching = false;
    bool gone = false;
};

ClientWatch::ClientWatch(Executor executor) : state_(std::make_shared<State>(executor)) {}

ClientWatch::~ClientWatch() {
    state_->upstream = nullptr;
    state_->patience.cancel();
}

void ClientWatch::set_upstream(http::ClientStream* upstream) {
    state_->upstream = upstream;
}

void ClientWatch::begin(http::Exchange& exchange) {
    if (std::exchange(state_->watching, true)) return;
    const auto give_up = [state = state_](boost::system::error_code error) {
        if (error || state->upstream == nullptr) return;
        state->gone = true;
        state->upstream->abort();
    };
    const auto start_patience = [state = state_, give_up] {
        if (state->upstream == nullptr) return;
        state->patience.expires_after(grace);
        state->patience.async_wait(give_up);
    };
    exchange.on_disconnect(start_patience);
}

bool ClientWatch::client_is_gone() const {
    return state_->gone;
}

}  // namespace darkroom::gateway
