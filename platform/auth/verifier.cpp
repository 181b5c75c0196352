#include "platform/auth/verifier.hpp"

#include "platform/async/deadline.hpp"

namespace darkroom::auth {

namespace {

constexpr Milliseconds first_retry = 100ms;
constexpr Milliseconds longest_retry = 2s;
constexpr Milliseconds refresh_interval = 5min;
constexpr Milliseconds fetch_deadline = 2s;

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
      rules_{.audiences = {"darkroom", options_.service}},
      fetched_(runtime.executor()),
      verified_(options_.cache_entries) {
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
        caller = co_await verify(token);
    } catch (
        const Failure& failure) {  // the owner's rights have changed since, or our clock is late: the key may still be good
        if (failure.error().kind != Kind::unauthenticated) throw;
    }
    if (caller) co_return std::move(*caller);
    api_keys_->drop(key, token);
    token = co_await api_keys_->token_for(std::move(key));
    co_return co_await verify(std::move(token));
}

awaitable<Caller> TokenVerifier::verify(std::string token) {
    auto caller = co_await caller_of(std::move(token));
    if (activity_ != nullptr && caller.kind == CallerKind::user) activity_->note(caller.session_id);
    co_return caller;
}

awaitable<Caller> TokenVerifier::caller_of(std::string token) {
    if (const auto* known = verified_.find(token)) {
        refuse_if_dead(*known);
        co_return *known;
    }
    co_await require_key(token);
    const auto claims = keys_.verify(token).value();
    const auto caller = caller_from(claims, rules_, now()).value();
    refuse_if_dead(caller);
    verified_.set(token, caller);
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

awaitable<> TokenVerifier::require_key(const std::string& token) {
    std::string buffer;
    const std::string key_id(key_id_of(token, buffer));
    // A text that names no key is refused by KeySet::verify; it must not make us fetch anything.
    if (key_id.empty()) co_return;
    const auto begun = begun_;
    // One that began since knows every key that the token can be signed with. Until then it waits: a new key must not make good
    // tokens fail, and made-up ones must not make us fetch for each of them.
    if (!keys_.has(key_id)) want_keys();
    while (!keys_.has(key_id) && ended_ <= begun) co_await fetched_.wait_for(fetch_deadline);
    if (!keys_.has(key_id) && !problem_.empty()) fail(keys_unavailable(problem_));
}

void TokenVerifier::want_keys() {
    if (wanted_) return;
    wanted_ = true;
    runtime_.tasks().spawn("fetch of keys", fetch_when_due());
}

awaitable<> TokenVerifier::fetch_when_due() {
    while (begun_ != ended_) co_await fetched_.wait_for(fetch_deadline);
    const auto interval = keys_.empty() ? first_retry : options_.refetch_interval;
    const auto wait = std::chrono::ceil<Milliseconds>(attempted_at_ + interval - SteadyClock::now());
    if (wait > 0ms) co_await pause_for(wait);

    // However it ends: who waits for this one goes on, and who comes meanwhile waits for the next.
    struct Fetching {
        explicit Fetching(TokenVerifier& fetching) : verifier(fetching) {
            verifier.wanted_ = false;
            ++verifier.begun_;
        }
        ~Fetching() {
            verifier.ended_ = verifier.begun_;
            verifier.fetched_.notify();
        }
        Fetching(const Fetching&) = delete;
        Fetching& operator=(const Fetching&) = delete;
        TokenVerifier& verifier;
    } const fetching(*this);
    attempted_at_ = SteadyClock::now();
    problem_ = co_await fetch_keys();
}

awaitable<std::string> TokenVerifier::fetch_keys() {
    const http::ClientRequest request{.target = "/.well-known/jwks.json", .deadline = fetch_deadline};
    std::string problem;
    try {
        const auto response = co_await client_.send(options_.auth, request);
        if (response.ok()) keys_ = KeySet::parse(response.body).value();
        if (!response.ok()) problem = "auth-service answered " + std::to_string(response.status);
    } catch (const Failure& failure) {  // rephrased by who waits: its caller's token is not at fault
        problem = failure.error().detail;
    }
    co_return problem;
}

awaitable<> TokenVerifier::keep_keys_fresh() {
    auto retry = first_retry;
    while (true) {
        const auto begun = begun_;
        want_keys();
        while (ended_ <= begun) co_await fetched_.wait_for(refresh_interval);
        // Old keys are good keys until a newer set says otherwise.
        const bool failed = !problem_.empty() && keys_.empty();
        const auto wait = failed ? retry : refresh_interval;
        retry = failed ? std::min(retry * 2, longest_retry) : first_retry;
        co_await pause_for(wait);
    }
}

}  // namespace darkroom::auth
