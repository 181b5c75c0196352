// HTTP and HTTPS to hosts that are not ours, over libcurl. Services talk to each other with http::Client instead.
//
// What a user names is not trusted: only public addresses are connected to (checked on the address itself, so that no name and
// no change of its records gets around it), no redirect is followed, no proxy of the environment is used, every wait has a
// deadline, and an answer is read up to a bound.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/message.hpp"
#include "platform/outgoing/web_url.hpp"

#include <memory>

namespace darkroom::outgoing {

struct HttpClientOptions {
    /// Loopback and private addresses too: for tests, and for receivers in one's own network.
    bool allow_private = false;
    /// PEM file of the authorities to trust; empty: the system's.
    std::string authorities{};
    Milliseconds connect_deadline = 5s;
    /// More at once are refused with Failure{unavailable, "outgoing_busy"}.
    std::size_t max_in_flight = 64;
    std::string user_agent = "Darkroom";
};

struct HttpRequest {
    http::Verb verb = http::Verb::get;
    WebUrl url{};
    http::Headers headers{};
    std::string body{};
    /// For everything from the look-up to the last byte.
    Milliseconds deadline = 15s;
    std::size_t max_response_bytes = 64 * 1024;
};

struct HttpResponse {
    int status = 0;
    http::Headers headers{};
    std::string body{};
    /// There was more than `max_response_bytes`; it was not read.
    bool truncated = false;
};

/// Loop thread only; libcurl runs on a thread of its own that is started by the first request.
/// Failures: upstream_failed "outgoing_failed" (and "outgoing_address_refused" for an address that is not public), timed_out
/// "outgoing_timeout".
class HttpClient {
public:
    explicit HttpClient(Runtime& runtime, HttpClientOptions options = {});
    /// Requests under way are dropped; whoever waits for them must have been cancelled.
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    awaitable<HttpResponse> send(HttpRequest request);

private:
    class Worker;
    Runtime& runtime_;
    HttpClientOptions options_;
    std::unique_ptr<Worker> worker_;
    std::shared_ptr<std::size_t> in_flight_ = std::make_shared<std::size_t>(0);
};

}  // namespace darkroom::outgoing
