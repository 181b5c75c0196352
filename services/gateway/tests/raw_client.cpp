#include "services/gateway/tests/raw_client.hpp"

#include <charconv>
#include <stdexcept>

namespace darkroom::gateway {

namespace {

constexpr std::string_view line_end = "\r\n";

int number_in(std::string_view text) {
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

}  // namespace

RawAnswer parse_answer(std::string_view text) {
    RawAnswer answer;
    const auto head_end = text.find("\r\n\r\n");
    if (head_end == std::string_view::npos) throw std::runtime_error("no complete answer: " + std::string(text));
    auto head = text.substr(0, head_end);
    answer.body = std::string(text.substr(head_end + 4));
    answer.status = number_in(head.substr(std::min<std::size_t>(9, head.size())));
    auto line = head.find(line_end);
    while (line != std::string_view::npos) {
        head.remove_prefix(line + 2);
        line = head.find(line_end);
        const auto header = head.substr(0, line);
        const auto colon = header.find(':');
        if (colon == std::string_view::npos) continue;
        auto value = header.substr(colon + 1);
        while (value.starts_with(' ')) value.remove_prefix(1);
        answer.headers.add(std::string(header.substr(0, colon)), std::string(value));
    }
    return answer;
}

awaitable<RawClient> RawClient::connect(std::uint16_t port) {
    TcpSocket socket(co_await net::this_coro::executor);
    const net::ip::tcp::endpoint endpoint(net::ip::address_v4::loopback(), port);
    co_await socket.async_connect(endpoint, use_awaitable);
    RawClient client(std::move(socket));
    co_return client;
}

awaitable<> RawClient::send(std::string bytes) {
    co_await net::async_write(socket_, net::buffer(bytes), use_awaitable);
}

awaitable<std::string> RawClient::read_to_end() {
    while (true) {
        std::array<char, 16 * 1024> buffer;
        const auto [error, size] = co_await socket_.async_read_some(net::buffer(buffer), as_result);
        received_.append(buffer.data(), size);
        if (error == net::error::operation_aborted) throw boost::system::system_error(error);
        if (error) co_return std::exchange(received_, {});
    }
}

awaitable<std::string> RawClient::read_until(std::string mark) {
    while (true) {
        const auto found = received_.find(mark);
        if (found != std::string::npos) {
            auto text = received_.substr(0, found + mark.size());
            received_.erase(0, text.size());
            co_return text;
        }
        std::array<char, 16 * 1024> buffer;
        const auto size = co_await socket_.async_read_some(net::buffer(buffer), use_awaitable);
        received_.append(buffer.data(), size);
    }
}

awaitable<RawAnswer> RawClient::read_answer() {
    const auto head = co_await read_until("\r\n\r\n");
    auto answer = parse_answer(head);
    const auto length = static_cast<std::size_t>(number_in(answer.headers.get("Content-Length")));
    while (received_.size() < length) {
        std::array<char, 16 * 1024> buffer;
        const auto size = co_await socket_.async_read_some(net::buffer(buffer), use_awaitable);
        received_.append(buffer.data(), size);
    }
    answer.body = received_.substr(0, length);
    received_.erase(0, length);
    co_return answer;
}

}  // namespace darkroom::gateway
