#include "platform/testing/servers.hpp"

#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>

namespace darkroom::testing {

namespace {

bool accepts(const std::string& path) {
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::copy_n(path.c_str(), path.size() + 1, address.sun_path);
    const bool connected = ::connect(descriptor, static_cast<sockaddr*>(static_cast<void*>(&address)), sizeof address) == 0;
    ::close(descriptor);
    return connected;
}

}  // namespace

RedisServer::RedisServer()
    : directory_("redis"),
      port_(free_port()),
      url_("unix://" + directory_.path() + "/redis.sock"),
      tcp_url_("redis://127.0.0.1:" + std::to_string(port_)) {
    start();
}

void RedisServer::start() {
    const auto socket = directory_.path() + "/redis.sock";
    ::unlink(socket.c_str());
    process_ = Process({.arguments = {find_program("redis-server"), "--port", std::to_string(port_), "--bind", "127.0.0.1",
                                      "--unixsocket", socket, "--save", "", "--appendonly", "no", "--daemonize", "no"},
                        .directory = directory_.path(),
                        .log = directory_.path() + "/redis.log"});
    wait_until([&socket] { return accepts(socket); }, 10, "Redis");
}

void RedisServer::kill() {
    process_.stop();
}

void RedisServer::freeze() {
    process_.signal(SIGSTOP);
}

void RedisServer::thaw() {
    process_.signal(SIGCONT);
}

}  // namespace darkroom::testing
