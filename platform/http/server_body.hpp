// The body of a request, read from a server connection.
#pragma once

#include "platform/http/channel.hpp"
#include "platform/http/server.hpp"

namespace darkroom::http {

class ServerBody final : public BodyReader {
public:
    ServerBody(Channel& channel, const ServerOptions& options, const ParsedRequest& request);

    awaitable<std::optional<std::string_view>> read() override;
    void limit(std::uint64_t bytes) override { limit_ = bytes; }
    std::optional<std::uint64_t> length() const override { return length_; }

    bool complete() const { return decoder_.done(); }
    /// True when the rest is small enough to be read away, so that the connection can go on.
    bool worth_draining() const;
    /// Reads the rest away; false when it is too much, too slow or broken.
    awaitable<bool> drain();

private:
    awaitable<std::optional<std::string_view>> next_piece();
    void check_limit();
    void check_rate(std::uint64_t bytes, SteadyClock::duration waited);

    Channel& channel_;
    const ServerOptions& options_;
    BodyDecoder decoder_;
    std::optional<std::uint64_t> length_;
    std::uint64_t limit_;
    std::uint64_t received_ = 0;
    SteadyClock::duration waited_{};
    /// The client sends nothing before it has read "100 Continue".
    bool client_waits_;
    bool broken_ = false;
};

}  // namespace darkroom::http
