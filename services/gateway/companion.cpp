#include "services/gateway/companion.hpp"

namespace darkroom::gateway {

struct Companion::State {
    explicit State(Executor executor) : ended(executor, Timer::time_point::max()) {}
    Timer ended;
    net::cancellation_signal cancel;
    std::exception_ptr error;
    bool finished = false;
};

Companion::Companion(Executor executor, awaitable<> work) : state_(std::make_shared<State>(executor)) {
    const auto finish = [state = state_](std::exception_ptr error) {
        state->error = std::move(error);
        state->finished = true;
        state->ended.cancel();
    };
    net::co_spawn(executor, std::move(work), net::bind_cancellation_slot(state_->cancel.slot(), finish));
}

bool Companion::finished() const {
    return state_->finished;
}

std::exception_ptr Companion::error() const {
    return state_->error;
}

void Companion::cancel() const {
    state_->cancel.emit(net::cancellation_type::terminal);
}

awaitable<> Companion::wait() const {
    const auto state = state_;
    while (!state->finished) {
        const auto [error] = co_await state->ended.async_wait(as_result);
        if (error && !state->finished) throw boost::system::system_error(error);
    }
}

awaitable<> Companion::end() const {
    const auto state = state_;
    while (!state->finished) {
        state->cancel.emit(net::cancellation_type::terminal);
        if (state->finished) break;
        co_await state->ended.async_wait(as_result);
    }
}

}  // namespace darkroom::gateway
