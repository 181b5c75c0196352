#include "platform/http/router.hpp"

#include "platform/core/log.hpp"
#include "platform/http/problem.hpp"
#include "platform/http/route_tree.hpp"
#include "platform/http/trace.hpp"
#include "platform/telemetry/metrics.hpp"

#include <algorithm>

namespace darkroom::http {

namespace {

constexpr std::string_view unmatched_route = "(unmatched)";

struct Target {
    const Endpoint* endpoint;
    void* api;
};

/// What is known of a request once its path is matched.
struct Matched {
    std::string_view route = unmatched_route;
    const Target* target = nullptr;
};

bool is_conditional_retry(const std::exception_ptr& error) {
    try {
        std::rethrow_exception(error);
    } catch (const boost::system::system_error& system_error) {
        return system_error.code() == net::error::operation_aborted;
    } catch (...) {  // only asks whether it was a cancellation
        return false;
    }
}

}  // namespace

class Router::Implementation {
public:
    Implementation(Authenticator& authenticator, telemetry::Metrics& metrics)
        : authenticator_(authenticator), metrics_(metrics) {}

    void add(const std::vector<Endpoint>& rows, void* api) {
        for (const auto& row : rows) {
            auto& targets = tree_.insert(row.path);
            targets.push_back({&row, api});
        }
    }

    awaitable<> handle(Exchange& exchange) {
        const auto& request = exchange.request();
        const auto started = SteadyClock::now();
        Context context{.request = request, .body = exchange.body()};
        context.correlation_id = CorrelationId::accept_or_create(request.headers.get("X-Correlation-ID"));
        context.traceparent = accept_or_create_traceparent(request.headers.get("traceparent"));
        const auto forwarded = request.headers.get("X-Forwarded-For");
        context.client_address = client_address(exchange.peer_address(), forwarded, trusted_);

        Matched matched;
        std::exception_ptr error;
        Response response;
        try {
            response = co_await answer(exchange, context, matched);
        } catch (...) {  // the translator: problem_from
            error = std::current_exception();
        }
        // A cancelled request (shutdown, closed connection) has nobody to answer.
        if (error && is_conditional_retry(error)) std::rethrow_exception(error);
        if (error) response = problem_from(error, context.correlation_id.text());
        const auto status = response.status;
        if (status != 101) {
            add_common_headers(response, context);
            if (exchange.started()) {
                exchange.abort();
            } else {
                co_await exchange.respond(std::move(response));
            }
        }
        const std::chrono::duration<double> seconds = SteadyClock::now() - started;
        metrics_.count_request(request.method, matched.route, status, seconds.count());
        log_request(context, matched.route, status, seconds.count());
    }

    void trust(Networks proxies) { trusted_ = std::move(proxies); }

    void close_sockets() {
        for (const auto& socket : sockets_) {
            auto copy = socket.second;
            copy.close(CloseCode::going_away, "the service is shutting down");
        }
    }

private:
    using Targets = std::vector<Target>;

    static void add_common_headers(Response& response, const Context& context) {
        for (const auto& header : context.response_headers) response.headers.add(header.name, header.value);
        response.headers.set("X-Correlation-ID", context.correlation_id.text());
        if (!response.headers.has("X-Content-Type-Options")) response.headers.set("X-Content-Type-Options", "nosniff");
    }

    static void log_request(const Context& context, std::string_view route, int status, double seconds) {
        const auto level = status >= 500 ? log::Level::error : log::Level::info;
        if (!log::enabled(level)) return;
        log::write(level, "request",
                   {{"method", context.request.method},
                    {"path", context.request.path},
                    {"route", route},
                    {"status", status},
                    {"duration_ms", seconds * 1000},
                    {"correlation_id", context.correlation_id.text()},
                    {"traceparent", context.traceparent},
                    {"user_id", context.caller.user_id.text()},
                    {"service_caller", context.caller.service}});
    }

    /// The row for the request's verb, after the refusals that come before access is checked.
    static const Target* pick(const Targets& targets, std::string_view method) {
        const auto verb = verb_from(method);
        const auto wanted = verb == Verb::head ? Verb::get : verb;
        const auto matches = [&](const Target& target) { return wanted && target.endpoint->verb == *wanted; };
        const auto found = std::ranges::find_if(targets, matches);
        return found == targets.end() ? nullptr : &*found;
    }

    static std::string allowed_verbs(const Targets& targets) {
        std::vector<std::string_view> verbs;
        for (const auto& target : targets) {
            verbs.push_back(verb_text(target.endpoint->verb));
            if (target.endpoint->verb == Verb::get) verbs.push_back("HEAD");
        }
        verbs.push_back("OPTIONS");
        std::ranges::sort(verbs);
        const auto repeated = std::ranges::unique(verbs);
        verbs.erase(repeated.begin(), repeated.end());
        std::string text;
        for (const auto verb : verbs) text += (text.empty() ? "" : ", ") + std::string(verb);
        return text;
    }

    /// Anonymous when there is no token, or when a bad one meets an open endpoint.
    awaitable<auth::Caller> identify(const RequestHead& request, bool in_query, bool tolerate_bad_token) {
        std::optional<Error> refusal;
        auth::Caller caller;
        try {
            caller = co_await authenticator_.authenticate(request, in_query);
        } catch (const Failure& failure) {  // open endpoints answer without a caller
            if (!tolerate_bad_token) throw;
            refusal = failure.error();
        }
        if (refusal) log::debug("credentials ignored on an open endpoint", {{"reason", refusal->detail}});
        co_return caller;
    }

    awaitable<Response> answer(Exchange& exchange, Context& context, Matched& matched) {
        const auto& request = context.request;
        const auto* targets = tree_.find(request.path, context.path_parameters);
        if (targets == nullptr) fail({Kind::not_found, "not_found", "no such path: " + request.path});
        matched.route = targets->front().endpoint->path;
        if (request.method == "OPTIONS") {
            Response options{.status = 204};
            options.headers.set("Allow", allowed_verbs(*targets));
            co_return options;
        }
        matched.target = pick(*targets, request.method);

        const auto needs_token = [](const Target& target) { return target.endpoint->access.needs_token(); };
        const bool token_needed =
            matched.target != nullptr ? needs_token(*matched.target) : std::ranges::all_of(*targets, needs_token);
        const bool is_socket = matched.target != nullptr && matched.target->endpoint->handle_socket != nullptr;
        context.caller = co_await identify(request, is_socket, !token_needed);
        if (token_needed) auth::Access::signed_in.check(context.caller);

        if (matched.target == nullptr) {
            context.response_headers.set("Allow", allowed_verbs(*targets));
            fail({Kind::method_not_allowed, "method_not_allowed", request.method + " is not allowed here"});
        }
        const auto& endpoint = *matched.target->endpoint;
        endpoint.access.check(context.caller);
        auto query = parse_query(request.query);
        context.query_parameters = std::move(query.value());
        if (endpoint.handle_socket != nullptr) co_return co_await serve_socket(exchange, context, *matched.target);
        context.body.limit(endpoint.options.body_limit);
        auto work = endpoint.handle(matched.target->api, context);
        co_return co_await with_deadline(endpoint.options.deadline, "the request", std::move(work));
    }

    awaitable<Response> serve_socket(Exchange& exchange, Context& context, const Target& target) {
        if (!WebSocket::is_handshake(context.request)) {
            context.response_headers.set("Upgrade", "websocket");
            fail({Kind::malformed, "websocket_required", "this path is a WebSocket: send an RFC 6455 handshake"});
        }
        auto socket = co_await WebSocket::accept(exchange, context.correlation_id.text());
        const auto id = next_socket_++;
        const Registration registration(sockets_, id, socket);
        co_await target.endpoint->handle_socket(target.api, context, socket);
        socket.close(CloseCode::normal);
        co_await socket.finished();
        co_return Response{.status = 101};
    }

    /// Open sockets, so that a shutdown can close them.
    class Registration {
    public:
        Registration(std::map<std::uint64_t, WebSocket>& sockets, std::uint64_t id, const WebSocket& socket)
            : sockets_(sockets), id_(id) {
            sockets_.emplace(id, socket);
        }
        ~Registration() { sockets_.erase(id_); }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;

    private:
        std::map<std::uint64_t, WebSocket>& sockets_;
        std::uint64_t id_;
    };

    Authenticator& authenticator_;
    telemetry::Metrics& metrics_;
    Networks trusted_;
    RouteTree<Targets> tree_;
    std::map<std::uint64_t, WebSocket> sockets_;
    std::uint64_t next_socket_ = 0;
};

Router::Router(Authenticator& authenticator, telemetry::Metrics& metrics)
    : implementation_(std::make_unique<Implementation>(authenticator, metrics)) {}

Router::~Router() = default;

void Router::add(const std::vector<Endpoint>& rows, void* api) {
    implementation_->add(rows, api);
}

void Router::trust(Networks proxies) {
    implementation_->trust(std::move(proxies));
}

awaitable<> Router::handle(Exchange& exchange) {
    return implementation_->handle(exchange);
}

void Router::close_sockets() {
    implementation_->close_sockets();
}

}  // namespace darkroom::http
