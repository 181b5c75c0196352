#include "platform/redis/locate.hpp"

#include "platform/core/log.hpp"
#include "platform/redis/link.hpp"

#include <charconv>
#include <stdexcept>

namespace darkroom::redis {

namespace {

/// For one Sentinel: a dead one must not use up the time of the others.
constexpr Milliseconds sentinel_deadline = 500ms;

/// [host, port], or nil while the Sentinel does not know.
std::optional<Node> read_address(const Parsed& answer) {
    const auto* parts = std::get_if<Reply::Array>(&answer.reply.value);
    if (answer.lost || answer.error || parts == nullptr || parts->size() != 2) return std::nullopt;
    Node node{.host = parts->at(0).text()};
    const auto& port = parts->at(1).text();
    std::from_chars(port.data(), port.data() + port.size(), node.port);
    return node.host.empty() || node.port == 0 ? std::nullopt : std::optional(node);
}

awaitable<std::optional<Node>> ask(CpuPool& cpu, Url sentinel, std::string master) {
    const auto executor = co_await net::this_coro::executor;
    const auto link = co_await Link::connect(cpu, sentinel, sentinel_deadline);
    const OneShot<Parsed> address(executor);
    const auto expected = std::make_shared<std::size_t>(0);
    const auto on_reply = [address, expected](Parsed parsed) {
        if ((*expected)-- == 0) address.set(std::move(parsed));
    };
    const auto on_close = [address] { address.set(Parsed{.lost = true}); };
    link->start(on_reply, on_close);
    *expected = link->greet(sentinel);
    link->send({"SENTINEL", "get-master-addr-by-name", std::move(master)});
    const auto answer = co_await address.wait_for(sentinel_deadline);
    link->close();
    co_return answer ? read_address(*answer) : std::nullopt;
}

/// nullopt when this one cannot say.
awaitable<std::optional<Node>> try_sentinel(CpuPool& cpu, Url sentinel, std::string master) {
    try {
        auto node = co_await ask(cpu, std::move(sentinel), std::move(master));
        co_return node;
    } catch (const boost::system::system_error& error) {  // the next one may know
        if (error.code() == net::error::operation_aborted) throw;
    } catch (const Failure&) {
    }
    co_return std::nullopt;
}

}  // namespace

awaitable<Url> locate_server(CpuPool& cpu, Url url, std::size_t attempt) {
    if (url.topology == Topology::single) co_return url;
    if (url.topology == Topology::cluster) co_return url.at(url.nodes[attempt % url.nodes.size()]);
    for (const auto& node : url.nodes) {
        Url sentinel;
        sentinel.host = node.host;
        sentinel.port = node.port;
        sentinel.password = url.sentinel_password;
        const auto master = co_await try_sentinel(cpu, sentinel, url.master);
        if (master) co_return url.at(*master);
    }
    throw std::runtime_error("no Sentinel knows the master " + url.master);
}

}  // namespace darkroom::redis
