// The upstream of bench/proxy: 1 KiB of JSON for every path, and keys, so that the gateway can check a token.
//     bench_upstream PORT TOKEN_FILE
#include "platform/async/runtime.hpp"
#include "platform/auth/jwt.hpp"
#include "platform/http/server.hpp"

#include <cstdlib>
#include <fstream>
#include <iostream>

namespace darkroom {
namespace {

constexpr std::size_t answer_bytes = 1024;

std::string token_from(const auth::SigningKey& key) {
    const auto now_seconds = std::chrono::duration_cast<Seconds>(now().time_since_epoch()).count();
    return key.sign({{"iss", "darkroom-auth"},
                     {"aud", "darkroom"},
                     {"sub", "bench-user"},
                     {"sid", "bench-session"},
                     {"jti", "bench"},
                     {"role", "admin"},
                     {"username", "bench"},
                     {"email", "bench@example.org"},
                     {"iat", now_seconds},
                     {"exp", now_seconds + 3600}});
}

class Upstream : public http::Handler {
public:
    explicit Upstream(const auth::SigningKey& key)
        : keys_(json::serialize(json::Object{{"keys", json::Array{key.public_jwk()}}})),
          answer_(R"({"filler":")" + std::string(answer_bytes - 13, 'x') + "\"}") {}

    awaitable<> handle(http::Exchange& exchange) override {
        const bool wants_keys = exchange.request().path == "/.well-known/jwks.json";
        return exchange.respond(http::Response::text(200, "application/json", wants_keys ? keys_ : answer_));
    }

private:
    std::string keys_;
    std::string answer_;
};

awaitable<> serve(http::Server& server) {
    server.listen();
    co_await wait_for_signal();
}

int run(const char* port, const char* token_file) {
    block_signals();
    const auto key = auth::SigningKey::generate();
    std::ofstream(token_file) << token_from(key);
    Runtime runtime;
    Upstream upstream(key);
    http::Server server(runtime, {.port = static_cast<std::uint16_t>(std::atoi(port))}, upstream);
    runtime.run(serve(server));
    return EXIT_SUCCESS;
}

}  // namespace
}  // namespace darkroom

int main(int argc, char** argv) {
    if (argc == 3) return darkroom::run(argv[1], argv[2]);
    std::cerr << "usage: bench_upstream PORT TOKEN_FILE\n";
    return 2;
}
