// The endpoint table: one row names verb, path, access, handler and summary; parameters, body, response and OpenAPI follow from
// the handler's signature.
//
//     const http::Endpoints<Api>& Api::endpoints() {
//         static const http::Endpoints<Api> table{
//             {Verb::get, "/users/me", Access::signed_in, &Api::read_own_profile, "Read the caller's profile.", {.etag =
//             true}},
//         };
//         return table;
//     }
//
// A handler is `awaitable<R> (Api::*)(Args…)` with any of Context&, Path<T>, Query<T>, Body<T>, Form<T>, Input<T> by value, and
// R one of
//     Ok<T>      the success envelope around a described struct (Ok<> for none)
//     Plain<T>   the bare document (OAuth2, OIDC)
//     Response   anything else
#pragma once

#include "platform/async/deadline.hpp"
#include "platform/auth/access.hpp"
#include "platform/http/arguments.hpp"
#include "platform/http/response.hpp"
#include "platform/http/websocket.hpp"
#include "platform/json/schema.hpp"

#include <functional>
#include <string>
#include <tuple>
#include <vector>

namespace darkroom::http {

using auth::Access;

/// `data` of an answer without any.
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

template <class T = Nothing>
struct Ok {
    T data{};
    std::string message = "OK";
    /// POST /auth/validate answers 200 with success:false; nothing else does.
    bool success = true;
};

template <class T>
struct Plain {
    T document{};
    int status = 200;
};

struct EndpointOptions {
    /// Largest body that is accepted, checked before it is read.
    std::uint64_t body_limit = 64 * 1024;
    /// Answer GET with ETag and honour If-None-Match (304).
    bool etag = false;
    /// How long the handler may take.
    Milliseconds deadline = 30s;
    /// Media type of a `Response`, for OpenAPI.
    std::string_view response_type = "application/json";
    /// Media type of a body that the handler reads itself (multipart/form-data), for OpenAPI.
    std::string_view request_type = {};
    /// Kept out of the public document: calls between services.
    bool internal = false;
};

/// What OpenAPI is written from.
struct Description {
    json::Object path_schema{};
    json::Object query_schema{};
    json::Object body_schema{};
    std::string_view body_type{};
    /// Schema of `data` (Ok) or of the whole document (Plain); empty for Response.
    json::Object response_schema{};
    bool enveloped = false;
};

/// The success envelope as a Response; `etag` switches If-None-Match handling on.
Response envelope(const Context& context, json::Value data, std::string_view message, bool success, bool etag);

/// The same for `data` that is JSON text already and must be passed on byte for byte.
Response raw_envelope(const Context& context, std::string_view data, std::string_view message, bool success = true,
                      bool etag = false);

template <class R>
struct ReplyTraits;

template <class T>
struct ReplyTraits<Ok<T>> {
    static Response write(const Context& context, Ok<T> reply, const EndpointOptions& options) {
        json::Value data = nullptr;
        if constexpr (!std::is_same_v<T, Nothing>) data = json::encode(reply.data);
        return envelope(context, std::move(data), reply.message, reply.success, options.etag);
    }
    static void describe(Description& description) {
        description.response_schema = json::schema<T>();
        description.enveloped = true;
    }
};

template <class T>
struct ReplyTraits<Plain<T>> {
    static Response write(const Context&, Plain<T> reply, const EndpointOptions&) {
        return Response::text(reply.status, "application/json", json::serialize(json::encode(reply.document)));
    }
    static void describe(Description& description) { description.response_schema = json::schema<T>(); }
};

template <>
struct ReplyTraits<Response> {
    static Response write(const Context&, Response reply, const EndpointOptions&) { return reply; }
    static void describe(Description&) {}
};

template <class... Args>
Description describe_arguments() {
    Description description;
    const auto add = [&description]<class A>(std::type_identity<A>) {
        if constexpr (!is_context<A>) {
            auto schema = json::schema<typename ArgumentTraits<A>::type>();
            switch (ArgumentTraits<A>::source) {
                case Source::path: description.path_schema = std::move(schema); break;
                case Source::query: description.query_schema = std::move(schema); break;
                case Source::form:
                    description.body_schema = std::move(schema);
                    description.body_type = "application/x-www-form-urlencoded";
                    break;
                case Source::body:
                case Source::input:
                    description.body_schema = std::move(schema);
                    description.body_type = "application/json";
                    break;
            }
        }
    };
    (add(std::type_identity<Args>{}), ...);
    return description;
}

template <class Argument>
decltype(auto) to_argument(Context& context, json::Problems& problems) {
    if constexpr (is_context<Argument>) {
        return std::optional<std::reference_wrapper<Context>>(context);
    } else {
        return decode_argument<Argument>(context, problems);
    }
}

template <class Argument, class Decoded>
Argument unwrap(Decoded& decoded) {
    if constexpr (is_context<Argument>) {
        return decoded->get();
    } else {
        return Argument{std::move(*decoded)};
    }
}

template <class Api, class R, class... Args>
awaitable<Response> call_handler(awaitable<R> (Api::*handler)(Args...), Api& api, Context& context,
                                 const EndpointOptions& options) {
    if constexpr (reads_body<Args...>()) context.raw_body = co_await read_all(context.body, options.body_limit);
    json::Problems problems(json::Unknown::refuse);
    // Braces: arguments are decoded from left to right, so that problems come in the signature's order.
    std::tuple decoded{to_argument<Args>(context, problems)...};
    if (!problems.empty()) fail(invalid_fields(problems.take()));
    const auto invoke = [&](auto&... arguments) { return (api.*handler)(unwrap<Args>(arguments)...); };
    awaitable<R> running = std::apply(invoke, decoded);
    R reply = co_await std::move(running);
    co_return ReplyTraits<R>::write(context, std::move(reply), options);
}

/// Type-erased over the service's Api class.
struct Endpoint {
    Verb verb;
    std::string_view path;
    Access access;
    std::string_view summary;
    EndpointOptions options;
    /// Exactly one of the two is set.
    std::function<awaitable<Response>(void* api, Context&)> handle;
    std::function<awaitable<>(void* api, Context&, WebSocket)> handle_socket;
    Description (*describe)();
};

template <class Api>
struct Row : Endpoint {
    template <class R, class... Args>
    Row(Verb verb_, std::string_view path_, Access access_, awaitable<R> (Api::*handler)(Args...), std::string_view summary_,
        EndpointOptions options_ = {})
        : Endpoint{verb_, path_, access_, summary_, options_, {}, {}, {}} {
        handle = [handler, options_](void* api, Context& context) {
            return call_handler<Api, R, Args...>(handler, *static_cast<Api*>(api), context, options_);
        };
        describe = [] {
            auto description = describe_arguments<Args...>();
            ReplyTraits<R>::describe(description);
            return description;
        };
    }

    /// A WebSocket: the handshake is done (and refused with 401/403 by `access`) before the handler runs; the socket closes
    /// when it returns.
    Row(std::string_view path_, Access access_, awaitable<> (Api::*handler)(Context&, WebSocket), std::string_view summary_)
        : Endpoint{Verb::get, path_, access_, summary_, {}, {}, {}, {}} {
        handle_socket = [handler](void* api, Context& context, WebSocket socket) {
            return (static_cast<Api*>(api)->*handler)(context, std::move(socket));
        };
        describe = [] { return Description{}; };
    }
};

/// A service's rows, by reference to static storage.
template <class Api>
class Endpoints {
public:
    Endpoints(std::initializer_list<Row<Api>> rows) : rows_(rows.begin(), rows.end()) {}
    const std::vector<Endpoint>& rows() const { return rows_; }

    /// For tables split by resource: `Endpoints table = sessions_endpoints() + keys_endpoints();`
    friend Endpoints operator+(Endpoints left, const Endpoints& right) {
        left.rows_.insert(left.rows_.end(), right.rows_.begin(), right.rows_.end());
        return left;
    }

private:
    std::vector<Endpoint> rows_;
};

}  // namespace darkroom::http
