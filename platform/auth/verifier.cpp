#include "platform/auth/verifier.hpp"

#include "platform/async/deadline.hpp"

namespace darkroom::auth {

namespace {

constexpr Milliseconds first_retry = 100ms;
constexpr Milliseconds longest_retry = 2s;
constexpr Milliseconds refresh_interval = 5min;

Error keys_unavailable(const std::string& problem) {
    return {Kind::unavailable, "keys_unavailable", "tokens cannot be verified yet: " + problem, {}, Seconds{1}};
}

}  // namespace

std::optional<std::string> bearer_token(const http::RequestHead& request, bool token_in_query) {
    constexpr std::string_view scheme = "Bearer ";
    const auto header = request.headers.get("Authorization");
    if (header.size() > scheme.size() && http::equal_ignoring_case(header.substr(0, scheme.size()), scheme)) {
        return std::string(header.substr(scheme.size()));
    }
    if (!token_in_query) return std::nullopt;
    const auto parameters = http::parse_query(request.query);
    if (!parameters) return std::nullopt;
    for (const auto& [name, value] : *parameters) {
        if (name == "token" && !value.empty()) return value;
    }
    return std::nullopt;
}

TokenVerifier::TokenVerifier(Runtime& runtime, http::Client& client, const Revocations& revocations, VerifierOptions options)
    : runtime_(runtime),
      client_(client),
      revocations_(revocations),
      options_(std::move(options)),
      rules_{.audiences = {"darkroom", options_.service}} {
    rules_.audiences.insert(rules_.audiences.end(), options_.further_audiences.begin(), options_.further_audiences.end());
}

void TokenVerifier::start() {
    runtime_.tasks().spawn("jwks", keep_keys_fresh());
}

awaitable<Caller> TokenVerifier::authenticate(const http::RequestHead& request, bool token_in_query) {
    auto token = bearer_token(request, token_in_query);
    if (token) co_return co_await verify(std::move(*token));
    std::string key(request.headers.get("X-API-Key"));
    if (key.empty() || api_keys_ == nullptr) co_return Caller{};
    co_return co_await verify_key(std::move(key));
}

awaitable<Caller> TokenVerifier::verify_key(std::string key) {
    auto token = co_await api_keys_->token_for(key);
    std::optional<Caller> caller;
    try {
        caller = co_await verify(std::move(token));
    } catch (
        const Failure& failure) {  // the owner's rights have changed since, or our clock is late: the key may still be good
        if (failure.error().kind != Kind::unauthenticated) throw;
    }
    if (caller) co_return std::move(*caller);
    api_keys_->drop(key);
    token = co_await api_keys_->token_for(std::move(key));
    co_return co_await verify(std::move(token));
}

awaitable<Caller> TokenVerifier::verify(std::string token) {
    if (const auto known = verified_.find(token); known != verified_.end()) {
        const auto caller = known->second;
        refuse_if_dead(caller);
        co_return caller;
    }
    co_await require_key(token);
    const auto claims = keys_.verify(token).value();
    const auto caller = caller_from(claims, rules_, now()).value();
    refuse_if_dead(caller);
    remember(token, caller);
    co_return caller;
}

void TokenVerifier::refuse_if_dead(const Caller& caller) const {
    if (now() >= caller.expires_at + rules_.leeway) {
        fail({Kind::unauthenticated, "invalid_token", "the token has expired"});
    }
    if (caller.kind == CallerKind::user && revocations_.is_revoked(caller.session_id)) {
        fail({Kind::unauthenticated, "session_revoked", "the session has been ended"});
    }
}

void TokenVerifier::remember(const std::string& token, const Caller& caller) {
    if (!verified_.emplace(token, caller).second) return;
    verified_order_.push_back(token);
    if (verified_order_.size() <= options_.cache_entries) return;
    verified_.erase(verified_order_.front());
    verified_order_.pop_front();
}

awaitable<> TokenVerifier::require_key(const std::string& token) {
    std::string buffer;
    const std::string key_id(key_id_of(token, buffer));
    // A text that names no key is refused by KeySet::verify; it must not make us fetch anything.
    if (key_id.empty()) co_return;
    const auto arrived = SteadyClock::now();
    // A set that was fetched since knows every key that the token can be signed with. Until then it waits: a new key must not
    // make good tokens fail, and made-up ones must not make us fetch for each of them.
    while (!keys_.has(key_id) && fetched_at_ <= arrived) {
        const auto wait = std::chrono::ceil<Milliseconds>(attempted_at_ + options_.refetch_interval - SteadyClock::now());
        if (!keys_.empty() && wait > 0ms) {
            co_await pause_for(wait);
            continue;
        }
        const auto problem = co_await fetch_keys();
        if (!problem.empty()) fail(keys_unavailable(problem));
    }
}

awaitable<std::string> TokenVerifier::fetch_keys() {
    attempted_at_ = SteadyClock::now();
    const http::ClientRequest request{.target = "/.well-known/jwks.json", .deadline = 2s};
    std::string problem;
    try {
        const auto response = co_await client_.send(options_.auth, request);
        if (response.ok()) {
            keys_ = KeySet::parse(response.body).value();
            fetched_at_ = attempted_at_;
        } else {
            problem = "auth-service answered " + std::to_string(response.status);
        }
    } catch (const Failure& failure) {  // rephrased below: our caller's token is not at fault
        problem = failure.error().detail;
    }
    co_return problem;
}

awaitable<> TokenVerifier::keep_keys_fresh() {
    auto retry = first_retry;
    while (true) {
        // Old keys are good keys until a newer set says otherwise.
        const auto problem = co_await fetch_keys();
        const bool failed = !problem.empty() && keys_.empty();
        const auto wait = failed ? retry : refresh_interval;
        retry = failed ? std::min(retry * 2, longest_retry) : first_retry;
        co_await pause_for(wait);
    }
}

}  // namespace darkroom::auth
