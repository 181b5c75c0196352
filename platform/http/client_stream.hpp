// One request and its answer on a client connection.
#pragma once

#include "platform/http/client_pool.hpp"

namespace darkroom::http {

class PooledStream final : public ClientStream, private BodyReader {
public:
    /// `head` goes out with the first piece of the body, or with `finish`, or when the answer is asked for.
    PooledStream(ConnectionPool::Lease lease, const ClientOptions& options, const RequestHead& request,
                 std::optional<std::uint64_t> length);

    awaitable<> write(std::string_view piece) override;
    awaitable<> finish() override;
    awaitable<ResponseHead> response() override;
    std::optional<std::uint64_t> response_length() const override { return length_; }
    BodyReader& body() override { return *this; }
    TcpSocket take_socket(std::string& received) override;
    void abort() override;
    bool failed_before_response() const override { return failed_ && !answered_ && lease_->reused(); }

    /// No wait of this exchange goes past `end`.
    void set_end(SteadyClock::time_point end) { lease_->channel().watchdog().set_end(end); }

private:
    awaitable<std::optional<std::string_view>> read() override;
    void limit(std::uint64_t bytes) override { limit_ = bytes; }
    std::optional<std::uint64_t> length() const override { return length_; }

    awaitable<> send(std::string_view piece, std::string_view end);
    awaitable<ParsedResponse> read_head();
    awaitable<std::size_t> read_more(std::size_t room);
    void check_limit() const;
    void complete();
    [[noreturn]] void broken(std::string_view what);
    [[noreturn]] void fail_for(boost::system::error_code error);

    /// Empty once the connection is given back or taken.
    std::optional<ConnectionPool::Lease> lease_;
    const ClientOptions& options_;
    std::string origin_;
    std::string head_;
    bool to_head_;
    bool chunked_;
    /// Of a sized body, what is still to be written.
    std::uint64_t unwritten_;
    bool request_done_ = false;
    bool answered_ = false;
    /// Somebody is inside `send`.
    bool writing_ = false;
    /// Somebody reads for the head.
    bool waiting_ = false;
    bool failed_ = false;
    bool aborted_ = false;
    bool keep_alive_ = false;
    BodyDecoder decoder_;
    std::optional<std::uint64_t> length_;
    std::uint64_t received_ = 0;
    std::uint64_t limit_ = std::numeric_limits<std::uint64_t>::max();
};

}  // namespace darkroom::http
