// Pooled HTTP/1.1 client for calls between services and for the gateway's proxy. Plain TCP; strict framing as in the server.
#pragma once

#include "platform/async/runtime.hpp"
#include "platform/http/body.hpp"
#include "platform/http/message.hpp"

#include <memory>

namespace darkroom::http {

/// "http://host:port" without a path.
struct Origin {
    std::string host;
    std::uint16_t port = 80;
    /// Further instances of the same service. New connections go to all in turn, and past those that cannot be connected to.
    std::vector<Origin> others{};

    static Result<Origin> parse(std::string_view url);
    /// "http://a:1,http://b:2": the first, with the others.
    static Result<Origin> parse_list(std::string_view urls);
    /// "host:port"
    std::string authority() const;
    bool operator==(const Origin&) const = default;
};

struct ClientOptions {
    Milliseconds connect_deadline = 2s;
    /// Silence while a request is written or an answer is read.
    Milliseconds io_deadline = 30s;
    std::size_t max_connections_per_origin = 256;
    std::size_t max_idle_per_origin = 64;
    Milliseconds idle_deadline = 50s;
    std::size_t max_header_bytes = 32 * 1024;
};

struct ClientRequest {
    Verb verb = Verb::get;
    std::string target = "/";
    Headers headers{};
    std::string body{};
    /// For the whole call.
    Milliseconds deadline = 10s;
    std::uint64_t max_response_bytes = 16 * 1024 * 1024;
};

struct ClientResponse {
    int status = 0;
    Headers headers{};
    std::string body{};
    bool ok() const { return status >= 200 && status < 300; }
};

/// One request in flight on one connection, piece by piece. Dropping it unfinished closes the connection.
class ClientStream {
public:
    virtual ~ClientStream() = default;
    virtual awaitable<> write(std::string_view piece) = 0;
    virtual awaitable<> finish() = 0;
    /// Waits for the final head; 100 and 103 are skipped. May be called before `finish`: an early answer is an answer.
    virtual awaitable<ResponseHead> response() = 0;
    /// nullopt: chunked or until close.
    virtual std::optional<std::uint64_t> response_length() const = 0;
    virtual BodyReader& body() = 0;
    /// After a 101: the bare socket and what has already been received behind the head.
    virtual TcpSocket take_socket(std::string& received) = 0;
    /// Closes the connection; whoever waits for anything of this stream gets its failure at once. Idempotent.
    virtual void abort() = 0;
    /// True when nothing of the answer has arrived and the connection was a reused one: safe to retry an idempotent request.
    virtual bool failed_before_response() const = 0;
};

class ConnectionPool;

/// Network failures are Failure{upstream_failed | timed_out | unavailable}: code "upstream_failed", "upstream_timeout",
/// "upstream_unavailable".
class Client {
public:
    explicit Client(Runtime& runtime, ClientOptions options = {});
    ~Client();

    /// The whole exchange. An idempotent request (GET, HEAD, PUT, DELETE) is repeated once when a reused connection turns out
    /// dead.
    awaitable<ClientResponse> send(Origin origin, ClientRequest request);
    /// Sends the head only. `length` nullopt: chunked. `head.target` goes out as it is; Host is set from `origin` when absent.
    awaitable<std::unique_ptr<ClientStream>> start(Origin origin, RequestHead head, std::optional<std::uint64_t> length);
    std::size_t idle_connections() const;

private:
    std::shared_ptr<ConnectionPool> pool_;
};

}  // namespace darkroom::http
