#include "platform/async/task_group.hpp"

#include "platform/async/one_shot.hpp"
#include "platform/core/log.hpp"

namespace darkroom {

struct TaskGroup::State {
    explicit State(Executor ex) : executor(ex), changed(ex) {}
    Executor executor;
    std::list<Task> tasks;
    Notifier changed;
};

namespace {

void report(const std::string& name, const std::exception_ptr& error) {
    if (!error) return;
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system_error) {
        if (system_error.code() == net::error::operation_aborted) return;
        log::error("task failed", {{"task", name}, {"error", system_error.code().message()}});
    } catch (const std::exception& exception) {
        log::error("task failed", {{"task", name}, {"error", exception.what()}});
    }
}

}  // namespace

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(executor)) {}

TaskGroup::~TaskGroup() {
    cancel();
}

void TaskGroup::spawn(std::string name, awaitable<> task) {
    const auto entry = state_->tasks.emplace(state_->tasks.end());
    entry->name = std::move(name);
    const auto finish = [state = state_, entry](std::exception_ptr error) {
        report(entry->name, error);
        state->tasks.erase(entry);
        state->changed.notify();
    };
    net::co_spawn(state_->executor, std::move(task), net::bind_cancellation_slot(entry->cancel.slot(), finish));
}

std::size_t TaskGroup::size() const {
    return state_->tasks.size();
}

void TaskGroup::cancel() {
    // A cancelled task may finish, and leave the list, while we are at it.
    for (auto at = state_->tasks.begin(); at != state_->tasks.end();) {
        auto& task = *at++;
        task.cancel.emit(net::cancellation_type::terminal);
    }
}

awaitable<bool> TaskGroup::drain(Milliseconds limit) {
    const auto state = state_;
    const auto until = SteadyClock::now() + limit;
    while (!state->tasks.empty()) {
        const auto left = std::chrono::duration_cast<Milliseconds>(until - SteadyClock::now());
        if (left <= Milliseconds{0}) co_return false;
        co_await state->changed.wait_for(left);
    }
    co_return true;
}

awaitable<bool> TaskGroup::stop(Milliseconds limit) {
    cancel();
    return drain(limit);
}

}  // namespace darkroom
