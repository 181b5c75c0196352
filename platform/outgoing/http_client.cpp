#include "platform/outgoing/http_client.hpp"

#include "platform/outgoing/transfer.hpp"

#include <mutex>
#include <thread>
#include <unordered_map>

namespace darkroom::outgoing {

namespace {

/// `curl_multi_wakeup` ends a wait; this only bounds it.
constexpr int longest_wait_ms = 60'000;

void start_libcurl() {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

/// The thread that runs libcurl. Transfers come in by a queue and go back through the mailbox.
class HttpClient::Worker {
public:
    explicit Worker(Mailbox& mailbox) : mailbox_(mailbox) {
        start_libcurl();
        multi_ = curl_multi_init();
        if (multi_ == nullptr) throw std::bad_alloc();
        thread_ = std::jthread([this] { work(); });
    }

    ~Worker() {
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
        }
        curl_multi_wakeup(multi_);
        thread_.join();
        for (const auto& [handle, transfer] : running_) curl_multi_remove_handle(multi_, handle);
        running_.clear();
        curl_multi_cleanup(multi_);
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void add(std::unique_ptr<Transfer> transfer) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push_back(std::move(transfer));
        }
        curl_multi_wakeup(multi_);
    }

private:
    void work() {
        while (take_waiting()) {
            int still_running = 0;
            curl_multi_perform(multi_, &still_running);
            finish_done();
            curl_multi_poll(multi_, nullptr, 0, longest_wait_ms, nullptr);
        }
    }

    /// False when the client is being destroyed.
    bool take_waiting() {
        std::vector<std::unique_ptr<Transfer>> fresh;
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) return false;
            fresh.swap(waiting_);
        }
        for (auto& transfer : fresh) {
            auto* handle = transfer->handle();
            running_.emplace(handle, std::move(transfer));
            curl_multi_add_handle(multi_, handle);
        }
        return true;
    }

    void finish_done() {
        int queued = 0;
        while (const auto* message = curl_multi_info_read(multi_, &queued)) {
            if (message->msg != CURLMSG_DONE) continue;
            auto* handle = message->easy_handle;
            const auto code = message->data.result;
            curl_multi_remove_handle(multi_, handle);
            auto node = running_.extract(handle);
            auto outcome = node.mapped()->outcome(code);
            // Moved along, not shared: what a transfer holds of the loop may end on the loop's thread only.
            std::shared_ptr<Transfer> transfer = std::move(node.mapped());
            mailbox_.post([transfer = std::move(transfer), outcome = std::move(outcome)] { transfer->done().set(outcome); });
        }
    }

    Mailbox& mailbox_;
    CURLM* multi_ = nullptr;
    std::mutex mutex_;
    std::vector<std::unique_ptr<Transfer>> waiting_;
    bool stopping_ = false;
    /// Of the thread alone.
    std::unordered_map<CURL*, std::unique_ptr<Transfer>> running_;
    std::jthread thread_;
};

HttpClient::HttpClient(Runtime& runtime, HttpClientOptions options) : runtime_(runtime), options_(std::move(options)) {}

HttpClient::~HttpClient() = default;

awaitable<HttpResponse> HttpClient::send(HttpRequest request) {
    if (*in_flight_ >= options_.max_in_flight) {
        fail({Kind::unavailable, "outgoing_busy", "too many outgoing requests are under way", {}, Seconds{1}});
    }
    struct Counted {
        explicit Counted(std::shared_ptr<std::size_t> c) : count(std::move(c)) { ++*count; }
        ~Counted() { --*count; }
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        std::shared_ptr<std::size_t> count;
    } const counted(in_flight_);
    if (!worker_) worker_ = std::make_unique<Worker>(runtime_.mailbox());
    const OneShot<Transfer::Outcome> done(runtime_.executor());
    worker_->add(std::make_unique<Transfer>(std::move(request), options_, done));
    auto outcome = co_await done.wait();
    co_return std::move(outcome.value());
}

}  // namespace darkroom::outgoing
