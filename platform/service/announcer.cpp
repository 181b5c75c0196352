#include "platform/service/announcer.hpp"

#include "platform/async/deadline.hpp"
#include "platform/async/resolve.hpp"
#include "platform/core/log.hpp"
#include "platform/service/announcement.hpp"

namespace darkroom {

namespace {

constexpr Milliseconds interval = 500ms;
/// An address may change: a container that is taken out of its network and put back.
constexpr int announcements_per_look = 10;
constexpr Milliseconds look_up_deadline = 2s;
constexpr std::string_view automatic = "auto";

/// Connecting a datagram socket sends nothing; it only makes the kernel choose the way, and so our address on it.
std::string address_towards(const std::string& host, std::uint16_t port) {
    net::io_context unused;
    net::ip::udp::socket socket(unused);
    boost::system::error_code error;
    const net::ip::udp::endpoint target(net::ip::make_address(host), port);
    socket.open(target.protocol(), error);
    if (!error) socket.connect(target, error);
    return error ? std::string() : socket.local_endpoint(error).address().to_string();
}

std::string url_of(const std::string& address, std::uint16_t port) {
    const bool v6 = address.find(':') != std::string::npos;
    return "http://" + (v6 ? '[' + address + ']' : address) + ':' + std::to_string(port);
}

}  // namespace

Announcer::Announcer(Runtime& runtime, redis::Client& redis, Options options)
    : runtime_(runtime), redis_(redis), options_(std::move(options)) {}

awaitable<> Announcer::run() {
    for (int count = 0; !left_; ++count) {
        if (count % announcements_per_look == 0 || url_.empty()) url_ = co_await find_url();
        announce(false);
        co_await pause_for(interval);
    }
}

void Announcer::leave() {
    announce(true);
    left_ = true;
}

awaitable<std::string> Announcer::find_url() {
    if (options_.url != automatic) co_return options_.url;
    const auto bound = net::ip::make_address(options_.bind);
    if (!bound.is_unspecified()) co_return url_of(options_.bind, options_.port);
    // A socket file: everybody is on this machine.
    if (!options_.redis_url.path.empty()) co_return url_of("127.0.0.1", options_.port);
    const auto& nodes = options_.redis_url.nodes;
    const auto host = nodes.empty() ? options_.redis_url.host : nodes.front().host;
    const auto port = nodes.empty() ? options_.redis_url.port : nodes.front().port;
    std::string address;
    try {
        const auto found = co_await with_deadline(look_up_deadline, "the name look-up", resolve_host(runtime_.cpu(), host));
        address = address_towards(found.front(), port);
    } catch (const Failure& failure) {  // without Redis' name nobody would hear us either
        log::debug("the instance's own address is unknown", {{"reason", failure.error().detail}});
    }
    co_return address.empty() ? url_ : url_of(address, options_.port);
}

void Announcer::announce(bool leaves) {
    if (left_ || url_.empty()) return;
    const Announcement announcement{options_.service, url_, leaves};
    redis_.send({"PUBLISH", std::string(announcement_channel), json::serialize(json::encode(announcement))});
}

}  // namespace darkroom
