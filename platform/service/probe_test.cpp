#include "platform/service/probe.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace darkroom {
namespace {

/// Answers one connection with these bytes; with none it accepts and says nothing.
class OneAnswer {
public:
    explicit OneAnswer(std::string text) : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = static_cast<sockaddr*>(static_cast<void*>(&address));
        ::bind(listener_, generic, size);
        ::listen(listener_, 1);
        ::getsockname(listener_, generic, &size);
        port_ = ntohs(address.sin_port);
        answering_ = std::thread([this, text = std::move(text)] {
            const int peer = ::accept(listener_, nullptr, nullptr);
            char buffer[1024];
            static_cast<void>(::recv(peer, buffer, sizeof buffer, 0));
            if (!text.empty()) static_cast<void>(::send(peer, text.data(), text.size(), MSG_NOSIGNAL));
            // Until the probe hangs up.
            static_cast<void>(::recv(peer, buffer, sizeof buffer, 0));
            ::close(peer);
        });
    }
    ~OneAnswer() {
        answering_.join();
        ::close(listener_);
    }
    OneAnswer(const OneAnswer&) = delete;
    OneAnswer& operator=(const OneAnswer&) = delete;

    std::uint16_t port() const { return port_; }

private:
    int listener_;
    std::uint16_t port_ = 0;
    std::thread answering_;
};

TEST(AnswersReady, Only200IsReady) {
    const OneAnswer ready("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    const OneAnswer draining("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");

    EXPECT_TRUE(answers_ready("127.0.0.1", ready.port(), 5s));
    EXPECT_FALSE(answers_ready("127.0.0.1", draining.port(), 5s));
}

TEST(AnswersReady, AsksLoopbackWhereTheServiceListensEverywhere) {
    const OneAnswer ready("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

    EXPECT_TRUE(answers_ready("0.0.0.0", ready.port(), 5s));
}

TEST(AnswersReady, SilenceAndNobodyAreNotReady) {
    const OneAnswer silent("");

    EXPECT_FALSE(answers_ready("127.0.0.1", silent.port(), 50ms));
    EXPECT_FALSE(answers_ready("127.0.0.1", 1, 5s));
    EXPECT_FALSE(answers_ready("not an address", 80, 5s));
}

}  // namespace
}  // namespace darkroom
