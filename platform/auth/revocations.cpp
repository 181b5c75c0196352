#include "platform/auth/revocations.hpp"

#include "platform/core/encoding.hpp"
#include "platform/core/log.hpp"
#include "platform/json/described.hpp"

namespace darkroom::auth {

namespace {

constexpr std::string_view channel = "darkroom.revoked";
constexpr Milliseconds interval_without_redis = 1s;
constexpr Milliseconds interval_with_redis = 30s;
/// Covers clocks that differ and transactions that committed a little after their timestamp.
constexpr Seconds overlap{10};

struct RevocationList {
    std::vector<std::string> session_ids;
    Timestamp as_of;
};
BOOST_DESCRIBE_STRUCT(RevocationList, (), (session_ids, as_of))

struct RevocationAnswer {
    RevocationList data;
};
BOOST_DESCRIBE_STRUCT(RevocationAnswer, (), (data))

}  // namespace

Revocations::Revocations(Runtime& runtime, http::Client& client, ServiceTokens& tokens, Options options)
    : runtime_(runtime),
      client_(client),
      tokens_(tokens),
      options_(std::move(options)),
      subscriber_(runtime.executor(), runtime.cpu(), {.url = options_.redis}),
      wake_(runtime.executor()) {}

void Revocations::start() {
    const auto changed = [this] {
        connection_changed_ = true;
        wake_.notify();
    };
    subscriber_.subscribe(std::string(channel), [this](std::string_view session_id) { add(std::string(session_id)); });
    subscriber_.on_connected(changed);
    subscriber_.on_disconnected(changed);
    subscriber_.start();
    runtime_.tasks().spawn("revocations", keep_up());
}

void Revocations::add(std::string session_id) {
    if (!revoked_.insert(session_id).second) return;
    by_age_.push_back({SteadyClock::now() + options_.token_life + overlap, std::move(session_id)});
}

awaitable<> Revocations::keep_up() {
    bool failed = false;
    while (true) {
        connection_changed_ = false;
        std::string problem;
        try {
            co_await read_from_auth();
        } catch (const Failure& failure) {  // auth-service is away: what is known stays known, and we ask again
            problem = failure.error().detail;
        }
        if (!problem.empty() && !failed) log::warning("revocations cannot be read", {{"reason", problem}});
        failed = !problem.empty();
        forget_old();
        const bool soon = failed || !subscriber_.connected();
        if (!connection_changed_) co_await wake_.wait_for(soon ? interval_without_redis : interval_with_redis);
    }
}

awaitable<> Revocations::read_from_auth() {
    const auto oldest = now() - options_.token_life;
    const auto since = std::max(read_from_, oldest);
    const auto token = co_await tokens_.token_for("auth-service");
    http::ClientRequest request{.target = "/internal/revocations?since=" + percent_encode(to_rfc3339(since)), .deadline = 5s};
    request.headers.add("Authorization", "Bearer " + token);
    const auto response = co_await client_.send(options_.auth, request);
    if (response.status == 401) tokens_.drop("auth-service");
    if (!response.ok()) {
        fail({Kind::unavailable, "revocations_unavailable", "auth-service answered " + std::to_string(response.status)});
    }
    auto answer = json::decode_json<RevocationAnswer>(response.body, json::Unknown::ignore).value();
    for (auto& session_id : answer.data.session_ids) add(std::move(session_id));
    read_from_ = answer.data.as_of - overlap;
}

void Revocations::forget_old() {
    const auto current = SteadyClock::now();
    while (!by_age_.empty() && by_age_.front().forget_at < current) {
        revoked_.erase(by_age_.front().session_id);
        by_age_.pop_front();
    }
}

}  // namespace darkroom::auth
