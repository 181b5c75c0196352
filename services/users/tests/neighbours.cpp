#include "services/users/tests/neighbours.hpp"

#include "events/user_created.hpp"

namespace darkroom::users {

namespace {

using http::Access;
using http::Verb;

struct TokenForm {
    std::optional<std::string> grant_type;
    std::optional<std::string> audience;
};
BOOST_DESCRIBE_STRUCT(TokenForm, (), (grant_type, audience))

struct TokenDocument {
    std::string access_token;
    std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(TokenDocument, (), (access_token, expires_in))

struct IdPath {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(IdPath, (), (id))

struct AfterQuery {
    std::int64_t after = 0;
    std::int64_t limit = 0;
};
BOOST_DESCRIBE_STRUCT(AfterQuery, (), (after, limit))

struct EventPage {
    json::Value events;
    std::int64_t next_after = 0;
    std::int64_t head = 0;
};
BOOST_DESCRIBE_STRUCT(EventPage, (), (events, next_after, head))

struct ExportQuery {
    std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(ExportQuery, (), (after))

struct FilePath {
    std::string id;
    std::string sha256;
};
BOOST_DESCRIBE_STRUCT(FilePath, (), (id, sha256))

template <class T>
void take(T& field, const json::Object& command, std::string_view name) {
    const auto* value = command.if_contains(boost::json::string_view(name.data(), name.size()));
    if (value == nullptr) return;
    json::Problems problems(json::Unknown::refuse);
    field = json::decode_value<T>(*value, problems).value();
}

class NeighbourApi {
public:
    explicit NeighbourApi(NeighbourState& state) : state_(state) {}

    static const http::Endpoints<NeighbourApi>& endpoints() {
        static const http::Endpoints<NeighbourApi> table{
            {Verb::post, "/oauth/token", Access::open, &NeighbourApi::give_token, "Stand-in."},
            {Verb::put, "/internal/accounts/{id}", Access::service, &NeighbourApi::change_account, "Stand-in."},
            {Verb::post, "/internal/accounts", Access::service, &NeighbourApi::create_account, "Stand-in."},
            {Verb::del, "/internal/accounts/{id}", Access::service, &NeighbourApi::delete_account, "Stand-in."},
            {Verb::get, "/internal/users/{id}/export", Access::service, &NeighbourApi::read_export, "Stand-in."},
            {Verb::get, "/internal/users/{id}/export/files/{sha256}", Access::service, &NeighbourApi::read_file, "Stand-in."},
            {Verb::get, "/events", Access::service, &NeighbourApi::read_events, "Stand-in."},
        };
        return table;
    }

private:
    awaitable<http::Plain<TokenDocument>> give_token(http::Form<TokenForm>) {
        co_return http::Plain<TokenDocument>{{"service:user-service", 900}};
    }

    awaitable<http::Ok<AccountCopy>> change_account(http::Path<IdPath> path, http::Body<json::Object> body) {
        const auto& command = body.value;
        state_.commands.push_back(command);
        if (state_.refusal) fail(*state_.refusal);
        if (!state_.accounts.contains(path->id)) fail({Kind::not_found, "user_not_found", "there is no such user"});
        auto& account = state_.accounts.at(path->id);
        account.deleted_at.reset();
        if (!state_.confirms_email || command.contains("email_confirmed")) take(account.email, command, "email");
        take(account.username, command, "username");
        take(account.full_name, command, "full_name");
        take(account.role, command, "role");
        take(account.status, command, "status");
        if (command.contains("avatar_url")) take(account.avatar_url.emplace(), command, "avatar_url");
        ++account.version;
        account.updated_at = now();
        co_return http::Ok<AccountCopy>{account};
    }

    awaitable<http::Ok<AccountCopy>> create_account(http::Body<json::Object> body) {
        const auto& command = body.value;
        state_.commands.push_back(command);
        if (state_.refusal) fail(*state_.refusal);
        UserId id;
        take(id, command, "id");
        auto& account = state_.accounts[id.text()];
        account.id = id;
        take(account.email, command, "email");
        take(account.username, command, "username");
        take(account.full_name, command, "full_name");
        take(account.role, command, "role");
        take(account.status, command, "status");
        account.created_at = now();
        account.updated_at = account.created_at;
        co_return http::Ok<AccountCopy>{account};
    }

    awaitable<http::Ok<AccountCopy>> delete_account(http::Path<IdPath> path) {
        state_.commands.push_back({{"delete", path->id}});
        if (state_.refusal) fail(*state_.refusal);
        if (!state_.accounts.contains(path->id)) fail({Kind::not_found, "user_not_found", "there is no such user"});
        auto& account = state_.accounts.at(path->id);
        account.deleted_at = now();
        ++account.version;
        co_return http::Ok<AccountCopy>{account};
    }

    awaitable<http::Ok<json::Object>> read_export(http::Path<IdPath>, http::Query<ExportQuery> query) {
        const auto number = query->after ? std::stoul(*query->after) : 0;
        if (number >= state_.export_ends) fail({Kind::unavailable, "database_unavailable", "the database is away"});
        auto page = state_.export_pages.at(number);
        if (number + 1 < state_.export_pages.size()) page["next"] = std::to_string(number + 1);
        co_return http::Ok<json::Object>{std::move(page)};
    }

    awaitable<http::Response> read_file(http::Path<FilePath> path) {
        const auto file = state_.files.find(path->sha256);
        if (file == state_.files.end()) fail({Kind::not_found, "result_not_found", "there is no such file"});
        co_return http::Response::text(200, "application/octet-stream", file->second);
    }

    awaitable<http::Ok<EventPage>> read_events(http::Query<AfterQuery> query) {
        EventPage page{json::Array{}, query->after, static_cast<std::int64_t>(state_.log.size())};
        for (const auto& event : state_.log) {
            if (event.position <= query->after || page.next_after - query->after >= query->limit) continue;
            page.events.as_array().push_back(json::parse(bus::to_json(event)).value());
            page.next_after = event.position;
        }
        co_return http::Ok<EventPage>{std::move(page)};
    }

    NeighbourState& state_;
};

class NeighbourApp : public Application {
public:
    explicit NeighbourApp(NeighbourState& state) : api_(state) {}
    void mount(http::Router& router) override { router.add(NeighbourApi::endpoints(), api_); }
    void start() override {}
    awaitable<> stop() override { co_return; }

private:
    NeighbourApi api_;
};

}  // namespace

Neighbours::Neighbours(Runtime& runtime) {
    const auto build = [this](ServiceHost&) { return std::make_unique<NeighbourApp>(state_); };
    service_ = std::make_unique<testing::TestService>(
        runtime, testing::TestServiceOptions{.name = "neighbours", .redis_url = "redis://127.0.0.1:1"}, build);
}

std::string Neighbours::url() const {
    return "http://" + service_->origin().authority();
}

void Neighbours::append(bus::Envelope envelope) {
    envelope.position = static_cast<std::int64_t>(state_.log.size()) + 1;
    state_.log.push_back(std::move(envelope));
}

AccountCopy Neighbours::add_account(const std::string& id, const std::string& username, bool announced) {
    AccountCopy account;
    account.id = UserId::trusted(id);
    account.email = Email::trusted(username + "@example.com");
    account.username = Username::trusted(username);
    account.full_name = FullName::trusted("Full " + username);
    account.created_at = now();
    account.updated_at = account.created_at;
    state_.accounts.insert_or_assign(id, account);
    events::UserCreated created;
    static_cast<events::UserFacts&>(created) = facts_of(account);
    if (announced) publish(created);
    return account;
}

events::UserFacts facts_of(const AccountCopy& account) {
    events::UserFacts facts;
    facts.user_id = account.id.text();
    facts.email = account.email.text();
    facts.username = account.username.text();
    facts.full_name = account.full_name.text();
    facts.role = auth::role_text(account.role);
    facts.status = json::enum_text(account.status);
    if (account.avatar_url) facts.avatar_url = account.avatar_url->text();
    facts.created_at = account.created_at;
    facts.updated_at = account.updated_at;
    facts.version = account.version;
    return facts;
}

}  // namespace darkroom::users
