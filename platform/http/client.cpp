#include "platform/http/client.hpp"

#include "platform/core/error.hpp"
#include "platform/http/client_stream.hpp"

#include <charconv>

namespace darkroom::http {

namespace {

bool is_idempotent(Verb verb) {
    return verb == Verb::get || verb == Verb::head || verb == Verb::put || verb == Verb::del || verb == Verb::options;
}

bool is_cancellation(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error&) {
        return true;
    } catch (...) {  // only asks what it was
        return false;
    }
}

Error bad_origin(std::string_view url) {
    return {Kind::invalid, "invalid_origin", "is no http://host:port: " + std::string(url)};
}

}  // namespace

Result<Origin> Origin::parse(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    auto rest = url;
    if (!rest.starts_with(scheme)) return bad_origin(url);
    rest.remove_prefix(scheme.size());
    if (rest.ends_with('/')) rest.remove_suffix(1);
    // The last colon outside of an IPv6 literal's brackets.
    const auto bracket = rest.rfind(']');
    const auto colon = rest.find(':', bracket == std::string_view::npos ? 0 : bracket);
    Origin origin{std::string(rest.substr(0, colon)), 80};
    if (colon != std::string_view::npos) {
        const auto port = rest.substr(colon + 1);
        const auto* end = port.data() + port.size();
        const auto [stopped, error] = std::from_chars(port.data(), end, origin.port);
        if (error != std::errc() || stopped != end || origin.port == 0) return bad_origin(url);
    }
    if (origin.host.empty() || origin.host.find_first_of("/?#@ \r\n") != std::string::npos) return bad_origin(url);
    return origin;
}

Result<Origin> Origin::parse_list(std::string_view urls) {
    std::optional<Origin> first;
    while (true) {
        const auto comma = urls.find(',');
        auto origin = parse(urls.substr(0, comma));
        if (!origin) return origin;
        if (first) {
            first->others.push_back(std::move(*origin));
        } else {
            first = std::move(*origin);
        }
        if (comma == std::string_view::npos) return std::move(*first);
        urls.remove_prefix(comma + 1);
    }
}

std::string Origin::authority() const {
    return host + ':' + std::to_string(port);
}

Client::Client(Runtime& runtime, ClientOptions options) : pool_(std::make_shared<ConnectionPool>(runtime, options)) {}

Client::~Client() = default;

std::size_t Client::idle_connections() const {
    return pool_->idle_connections();
}

awaitable<std::unique_ptr<ClientStream>> Client::start(Origin origin, RequestHead head, std::optional<std::uint64_t> length) {
    const auto pool = pool_;
    auto lease = co_await pool->acquire(std::move(origin), false, pool->options().connect_deadline);
    co_return std::make_unique<PooledStream>(std::move(lease), pool->options(), head, length);
}

namespace {

struct Attempt {
    ClientResponse response;
    std::exception_ptr error;
    bool worth_another = false;
};

awaitable<ClientResponse> exchange(PooledStream& stream, std::string body, std::uint64_t limit) {
    try {
        co_await stream.write(body);
        co_await stream.finish();
    } catch (const Failure& failure) {  // an early answer may have come all the same
        if (failure.error().kind == Kind::timed_out) throw;
    }
    auto head = co_await stream.response();
    ClientResponse response{.status = head.status, .headers = std::move(head.headers)};
    BodyReader& reader = stream.body();
    response.body = co_await read_all(reader, limit);
    co_return response;
}

awaitable<Attempt> attempt(std::shared_ptr<ConnectionPool> pool, Origin origin, const ClientRequest& request, bool fresh,
                           SteadyClock::time_point end) {
    Attempt result;
    const auto left = std::max(Milliseconds{1}, std::chrono::ceil<Milliseconds>(end - SteadyClock::now()));
    auto lease = co_await pool->acquire(std::move(origin), fresh, left);
    const auto endpoint = remote_endpoint(lease.channel());
    RequestHead head;
    head.method = verb_text(request.verb);
    head.target = request.target;
    head.headers = request.headers;
    PooledStream stream(std::move(lease), pool->options(), head, request.body.size());
    stream.set_end(end);
    try {
        result.response = co_await exchange(stream, request.body, request.max_response_bytes);
    } catch (...) {  // rethrown by `send`, unless another attempt is due
        result.error = std::current_exception();
    }
    // Frozen or dying: the next connection goes to another instance, if there is one.
    if (result.error && !is_cancellation(result.error)) pool->avoid(endpoint);
    result.worth_another = result.error && !is_cancellation(result.error) && stream.failed_before_response();
    co_return result;
}

}  // namespace

awaitable<ClientResponse> Client::send(Origin origin, ClientRequest request) {
    const auto pool = pool_;
    const auto end = SteadyClock::now() + request.deadline;
    auto result = co_await attempt(pool, origin, request, false, end);
    // A connection that had been idle may have been closed by the peer just as the request went out.
    if (result.worth_another && is_idempotent(request.verb)) result = co_await attempt(pool, origin, request, true, end);
    if (result.error) std::rethrow_exception(result.error);
    co_return std::move(result.response);
}

}  // namespace darkroom::http
