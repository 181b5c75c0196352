// The event loop's types. One loop is one thread: nothing here may be touched from another thread except `Mailbox::post`.
// The executor is concrete and the loop unlocked (BOOST_ASIO_CONCURRENCY_HINT_UNSAFE), which is worth 20 % of a proxied
// request.
#pragma once

#include <boost/asio.hpp>

namespace darkroom {

namespace net = boost::asio;

using Executor = net::io_context::executor_type;

template <class T = void>
using awaitable = net::awaitable<T, Executor>;

inline constexpr net::use_awaitable_t<Executor> use_awaitable{};
/// `auto [error, …] = co_await x.async_y(…, as_result);` instead of an exception.
inline constexpr auto as_result = net::as_tuple(use_awaitable);

using TcpSocket = net::basic_stream_socket<net::ip::tcp, Executor>;
using TcpAcceptor = net::basic_socket_acceptor<net::ip::tcp, Executor>;
using UnixSocket = net::basic_stream_socket<net::local::stream_protocol, Executor>;
using StreamDescriptor = net::posix::basic_stream_descriptor<Executor>;
using Timer = net::basic_waitable_timer<std::chrono::steady_clock, net::wait_traits<std::chrono::steady_clock>, Executor>;

}  // namespace darkroom
