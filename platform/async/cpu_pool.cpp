#include "platform/async/cpu_pool.hpp"

namespace darkroom {

CpuPool::CpuPool(Executor executor, Mailbox& mailbox, std::size_t threads, std::size_t queue_limit)
    : executor_(executor), mailbox_(mailbox), thread_limit_(threads), queue_limit_(queue_limit) {}

CpuPool::~CpuPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
        queue_.clear();
    }
    wake_.notify_all();
}

void CpuPool::enqueue(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= queue_limit_) {
            fail({Kind::unavailable, "busy", "too much work is waiting; try again shortly", {}, std::chrono::seconds{1}});
        }
        queue_.push_back(std::move(task));
        if (threads_.size() < thread_limit_) threads_.emplace_back([this] { work_until_stopped(); });
    }
    wake_.notify_one();
}

void CpuPool::work_until_stopped() {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (stopping_) return;
            task = std::move(queue_.front());
            queue_.pop_front();
        }
        task();
    }
}

}  // namespace darkroom
