#include "services/auth/app.hpp"

#include "platform/bus/http.hpp"
#include "platform/bus/outbox_reports.hpp"
#include "platform/bus/relay.hpp"
#include "platform/core/log.hpp"
#include "platform/service/observe.hpp"
#include "services/auth/accounts_api.hpp"
#include "services/auth/api_keys_api.hpp"
#include "services/auth/authorize_api.hpp"
#include "services/auth/clients_api.hpp"
#include "services/auth/export_repository.hpp"
#include "services/auth/internal_api.hpp"
#include "services/auth/links_api.hpp"
#include "services/auth/mfa_api.hpp"
#include "services/auth/oauth_api.hpp"
#include "services/auth/openid_api.hpp"
#include "services/auth/session_use.hpp"
#include "services/auth/setup_api.hpp"

#include <fstream>
#include <stdexcept>

namespace darkroom::accounts {

namespace {

/// bcrypt has threads of its own: however many people sign in, name look-ups and the like do not wait behind them.
constexpr std::size_t hash_threads = 2;
/// Some ten seconds of work; whoever comes then is told 503 instead of waiting in vain.
constexpr std::size_t hash_queue = 64;
constexpr Milliseconds announce_retry = 1s;
constexpr Milliseconds sweep_interval{3600 * 1000};
constexpr std::int64_t sweep_batch = 1000;

Secret read_file(const std::string& path, std::string_view what) {
    std::ifstream file(path, std::ios::binary);
    std::string content{std::istreambuf_iterator<char>(file), {}};
    if (!file || content.empty()) throw std::runtime_error("cannot read the " + std::string(what) + " from " + path);
    return Secret(std::move(content));
}

std::optional<SecretBox> secret_box(const std::string& path) {
    if (path.empty()) return std::nullopt;
    return SecretBox(read_file(path, "encryption key"));
}

class App : public Application {
public:
    App(ServiceHost& host, const Config& config)
        : host_(host),
          pool_(host.runtime.executor(), host.runtime.cpu(),
                {.url = std::string(config.database_url.reveal()), .application_name = host.service_name}),
          relay_(host.runtime, pool_, bus::http_publisher(host.client, host.tokens, host.events_origin),
                 {.database_url = std::string(config.database_url.reveal())}),
          issuer_(auth::KeyMaterial::from_pem(read_file(config.signing_key_file, "signing key")), clock_,
                  config.access_token_life, config.public_url),
          service_clients_(ServiceClients::parse(read_file(config.clients_file, "service clients"))),
          hash_pool_(host.runtime.executor(), host.runtime.mailbox(), hash_threads, hash_queue),
          hasher_(hash_pool_, config.bcrypt_cost),
          revocations_(host.runtime.executor(), host.redis, host.revocations, config.access_token_life),
          box_(secret_box(config.encryption_key_file)),
          accounts_(pool_),
          sessions_(pool_, clock_, config.refresh_token_life, config.refresh_grace),
          session_use_(host.redis, sessions_, config.session_use_interval),
          idempotency_(pool_, box_),
          api_keys_(pool_),
          clients_(pool_),
          client_authenticator_(service_clients_, clients_),
          grants_(pool_, clock_, config.refresh_token_life, config.access_token_life),
          setup_(pool_),
          links_(pool_, config.public_url),
          mails_(pool_),
          courier_(host.runtime.executor(), links_, mails_, host.client, host.tokens, config.notifications),
          deletions_repository_(pool_),
          deletions_(deletions_repository_, revocations_, config.purge_after),
          second_factors_repository_(pool_),
          second_factors_(second_factors_repository_, clock_, box_),
          failures_(pool_),
          addresses_(host.redis),
          sign_in_(accounts_, sessions_, hasher_, second_factors_, failures_, addresses_),
          accounts_api_(accounts_, sessions_, links_, courier_, idempotency_, hasher_, sign_in_, issuer_, revocations_,
                        PasswordPolicy(config.refuse_guessable_passwords), config.email_verification),
          api_keys_api_(api_keys_, idempotency_, issuer_, revocations_, clock_),
          authorize_api_(clients_, grants_, sign_in_, config.public_url),
          clients_api_(clients_, idempotency_, revocations_),
          oauth_api_(sign_in_, issuer_, client_authenticator_, grants_, sessions_, revocations_),
          openid_api_(accounts_, sessions_, clients_, client_authenticator_, issuer_, revocations_),
          internal_api_(accounts_, sessions_, links_, courier_, setup_, hasher_, revocations_, deletions_,
                        {config.public_url, config.setup_link_life, config.email_verification,
                         PasswordPolicy(config.refuse_guessable_passwords)}),
          links_api_(links_, courier_, hasher_, revocations_, PasswordPolicy(config.refuse_guessable_passwords)),
          mfa_api_(accounts_, second_factors_, failures_),
          setup_api_(setup_, hasher_, PasswordPolicy(config.refuse_guessable_passwords)),
          user_export_api_(pool_, export_sections()) {
        observe_database(host, pool_);
        observe_outbox(host, relay_);
    }

    void mount(http::Router& router) override {
        router.add(AccountsApi::endpoints(), accounts_api_);
        router.add(ApiKeysApi::endpoints(), api_keys_api_);
        router.add(AuthorizeApi::endpoints(), authorize_api_);
        router.add(ClientsApi::endpoints(), clients_api_);
        router.add(OauthApi::endpoints(), oauth_api_);
        router.add(OpenidApi::endpoints(), openid_api_);
        router.add(InternalApi::endpoints(), internal_api_);
        router.add(LinksApi::endpoints(), links_api_);
        router.add(MfaApi::endpoints(), mfa_api_);
        router.add(SetupApi::endpoints(), setup_api_);
        router.add(UserExportApi::endpoints(), user_export_api_);
    }

    void start() override {
        host_.runtime.tasks().spawn("outbox relay", relay_.run());
        host_.runtime.tasks().spawn(
            "outbox reports",
            bus::keep_reporting_outbox(pool_, bus::http_reporter(host_.client, host_.tokens, host_.events_origin),
                                       host_.service_name));
        host_.runtime.tasks().spawn("revocations publisher", revocations_.run());
        host_.runtime.tasks().spawn("announce recent revocations", announce_recent());
        host_.runtime.tasks().spawn("session sweep", sweep());
        host_.runtime.tasks().spawn("use of sessions", session_use_.run());
        host_.runtime.tasks().spawn("mail courier", courier_.run());
        host_.runtime.tasks().spawn("purge of deleted accounts", deletions_.run());
    }

    awaitable<> stop() override { co_return; }

private:
    /// We may have been killed between a commit and its announcement.
    awaitable<> announce_recent() {
        while (true) {
            try {
                auto recent = co_await sessions_.revoked_since(clock_.now() - issuer_.life());
                co_await revocations_.publish(std::move(recent.session_ids));
                co_return;
            } catch (const Failure& failure) {  // the database is not up yet
                log::info("recent revocations wait for the database", {{"reason", failure.error().detail}});
            }
            co_await pause_for(announce_retry);
        }
    }

    awaitable<> sweep() {
        while (true) {
            co_await pause_for(sweep_interval);
            try {
                std::int64_t swept = sweep_batch;
                while (swept == sweep_batch) swept = co_await sessions_.sweep(sweep_batch);
                co_await grants_.sweep();
                co_await links_.sweep();
                co_await failures_.sweep();
                const auto dropped = co_await mails_.sweep();
                if (dropped > 0) log::error("mails that nobody took for a day are dropped", {{"count", dropped}});
                co_await idempotency_.forget_old();
            } catch (const Failure& failure) {  // the database is away; an hour later is early enough
                log::warning("old sessions are not swept", {{"reason", failure.error().detail}});
            }
        }
    }

    ServiceHost& host_;
    Clock clock_;
    pg::Pool pool_;
    bus::Relay relay_;
    TokenIssuer issuer_;
    ServiceClients service_clients_;
    CpuPool hash_pool_;
    PasswordHasher hasher_;
    RevocationPublisher revocations_;
    std::optional<SecretBox> box_;
    AccountsRepository accounts_;
    SessionsRepository sessions_;
    SessionUse session_use_;
    IdempotencyRepository idempotency_;
    ApiKeysRepository api_keys_;
    ClientsRepository clients_;
    ClientAuthenticator client_authenticator_;
    GrantsRepository grants_;
    SetupRepository setup_;
    LinksRepository links_;
    MailsRepository mails_;
    Courier courier_;
    DeletionsRepository deletions_repository_;
    Deletions deletions_;
    SecondFactorsRepository second_factors_repository_;
    SecondFactors second_factors_;
    LoginFailuresRepository failures_;
    AddressLimit addresses_;
    SignIn sign_in_;
    AccountsApi accounts_api_;
    ApiKeysApi api_keys_api_;
    AuthorizeApi authorize_api_;
    ClientsApi clients_api_;
    OauthApi oauth_api_;
    OpenidApi openid_api_;
    InternalApi internal_api_;
    LinksApi links_api_;
    MfaApi mfa_api_;
    SetupApi setup_api_;
    UserExportApi user_export_api_;
};

std::vector<std::span<const EmbeddedFile>> all_migrations() {
    return {bus::migrations(), migrations()};
}

std::vector<http::Endpoint> all_endpoints() {
    auto rows = AccountsApi::endpoints().rows();
    const auto append = [&rows](const std::vector<http::Endpoint>& more) { rows.insert(rows.end(), more.begin(), more.end()); };
    append(ApiKeysApi::endpoints().rows());
    append(AuthorizeApi::endpoints().rows());
    append(ClientsApi::endpoints().rows());
    append(OauthApi::endpoints().rows());
    append(OpenidApi::endpoints().rows());
    append(InternalApi::endpoints().rows());
    append(LinksApi::endpoints().rows());
    append(MfaApi::endpoints().rows());
    append(SetupApi::endpoints().rows());
    append(UserExportApi::endpoints().rows());
    return rows;
}

BuildApplication configure(Environment& environment) {
    const auto config = Config::load(environment);
    return [config](ServiceHost& host) { return make_app(host, config); };
}

}  // namespace

std::unique_ptr<Application> make_app(ServiceHost& host, const Config& config) {
    return std::make_unique<App>(host, config);
}

ServiceDefinition service() {
    return {.name = "auth-service",
            .title = "Darkroom authentication",
            .description = "Accounts, sessions and tokens.",
            .default_port = 8004,
            .schema = "auth",
            .migrations = &all_migrations,
            .endpoints = &all_endpoints,
            .configure = &configure};
}

}  // namespace darkroom::accounts
