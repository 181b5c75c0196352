#include "platform/async/mailbox.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace darkroom {

Mailbox::Mailbox(net::io_context& loop) : wakeup_(loop.get_executor()), descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
    wakeup_.assign(descriptor_);
    listen();
}

Mailbox::~Mailbox() = default;

void Mailbox::post(std::function<void()> work) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(work));
    const std::uint64_t one = 1;
    // EAGAIN means the counter is at its maximum: the loop is being woken already.
    [[maybe_unused]] const auto written = ::write(descriptor_, &one, sizeof one);
}

void Mailbox::close() {
    boost::system::error_code ignored;
    wakeup_.cancel(ignored);
}

void Mailbox::listen() {
    const auto on_readable = [this](boost::system::error_code error) {
        if (error) return;
        std::uint64_t count = 0;
        [[maybe_unused]] const auto got = ::read(descriptor_, &count, sizeof count);
        run_all();
        listen();
    };
    wakeup_.async_wait(StreamDescriptor::wait_read, on_readable);
}

void Mailbox::run_all() {
    std::vector<std::function<void()>> batch;
    {
        const std::lock_guard lock(mutex_);
        batch.swap(waiting_);
    }
    for (auto& work : batch) work();
}

}  // namespace darkroom
