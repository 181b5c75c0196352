// What a handler's parameters say: Path<T>, Query<T>, Body<T>, Form<T>, Input<T> are decoded and validated before it runs;
// every bad field of all of them is reported at once (422).
#pragma once

#include "platform/http/context.hpp"
#include "platform/json/described.hpp"

namespace darkroom::http {

/// A described struct whose fields are the {names} of the route's template.
template <class T>
struct Path {
    T value;
    const T* operator->() const { return &value; }
};

/// The query string; unknown parameters are ignored, a repeated one is refused.
template <class T>
struct Query {
    T value;
    const T* operator->() const { return &value; }
};

/// A JSON body; unknown members are refused.
template <class T>
struct Body {
    T value;
    const T* operator->() const { return &value; }
};

/// application/x-www-form-urlencoded, as OAuth2 demands.
template <class T>
struct Form {
    T value;
    const T* operator->() const { return &value; }
};

/// JSON, form or query string, whichever the request has.
template <class T>
struct Input {
    T value;
    const T* operator->() const { return &value; }
};

enum class Source { path, query, body, form, input };

template <class T>
struct ArgumentTraits;  // only the five below and Context& are parameters of a handler
template <class T>
struct ArgumentTraits<Path<T>> {
    using type = T;
    static constexpr Source source = Source::path;
};
template <class T>
struct ArgumentTraits<Query<T>> {
    using type = T;
    static constexpr Source source = Source::query;
};
template <class T>
struct ArgumentTraits<Body<T>> {
    using type = T;
    static constexpr Source source = Source::body;
};
template <class T>
struct ArgumentTraits<Form<T>> {
    using type = T;
    static constexpr Source source = Source::form;
};
template <class T>
struct ArgumentTraits<Input<T>> {
    using type = T;
    static constexpr Source source = Source::input;
};

template <class T>
inline constexpr bool is_context = std::is_same_v<T, Context&>;

/// Which body the request must bring; decides Content-Type checks (415) and what is read before decoding.
template <class... Args>
constexpr bool reads_body() {
    const auto reads = []<class A>(std::type_identity<A>) {
        if constexpr (is_context<A>) {
            return false;
        } else {
            constexpr auto source = ArgumentTraits<A>::source;
            return source == Source::body || source == Source::form || source == Source::input;
        }
    };
    return (reads(std::type_identity<Args>{}) || ...);
}

/// Decodes name=value pairs into a described struct.
template <json::DescribedStruct T>
std::optional<T> decode_parameters(const std::vector<QueryParameter>& parameters, json::Problems& problems) {
    T result{};
    bool complete = true;
    boost::mp11::mp_for_each<json::MembersOf<T>>([&](auto descriptor) {
        using Field = std::remove_cvref_t<decltype(result.*descriptor.pointer)>;
        const json::Problems::Step step(problems, descriptor.name);
        const QueryParameter* found = nullptr;
        for (const auto& parameter : parameters) {
            if (parameter.name != descriptor.name) continue;
            if (found != nullptr) {
                problems.add("is given twice");
                complete = false;
                return;
            }
            found = &parameter;
        }
        if (found == nullptr) {
            if constexpr (!json::is_optional<Field>) {
                problems.add("is required");
                complete = false;
            }
            return;
        }
        if (auto field = json::decode_text<Field>(found->value, problems)) {
            result.*descriptor.pointer = std::move(*field);
        } else {
            complete = false;
        }
    });
    if (!complete) return std::nullopt;
    return result;
}

/// The request's body as JSON; throws 415 for another Content-Type, 422 for bad JSON.
json::Value json_body(const Context& context);
/// The request's body as form parameters; throws 415 for another Content-Type.
std::vector<QueryParameter> form_body(const Context& context);
/// True when the body is a form / is JSON by its Content-Type.
bool has_form_body(const Context& context);
bool has_json_body(const Context& context);

template <class Argument>
std::optional<typename ArgumentTraits<Argument>::type> decode_argument(const Context& context, json::Problems& problems) {
    using T = typename ArgumentTraits<Argument>::type;
    constexpr auto source = ArgumentTraits<Argument>::source;
    if constexpr (source == Source::path) {
        return decode_parameters<T>(context.path_parameters, problems);
    } else if constexpr (source == Source::query) {
        return decode_parameters<T>(context.query_parameters, problems);
    } else if constexpr (source == Source::form) {
        return decode_parameters<T>(form_body(context), problems);
    } else if constexpr (source == Source::body) {
        return json::decode_value<T>(json_body(context), problems);
    } else {
        if (has_json_body(context)) return json::decode_value<T>(json_body(context), problems);
        if (has_form_body(context)) return decode_parameters<T>(form_body(context), problems);
        return decode_parameters<T>(context.query_parameters, problems);
    }
}

}  // namespace darkroom::http
