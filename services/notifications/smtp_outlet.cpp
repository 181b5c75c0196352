#include "services/notifications/smtp_outlet.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>

namespace darkroom::notifications {

namespace {

/// As many as the mailer has lanes.
constexpr std::size_t threads = 3;
constexpr std::size_t waiting = 16;
constexpr long connect_seconds = 15;
constexpr long attempt_seconds = 60;

struct EasyDeleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct ListDeleter {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Source {
    std::string_view rest;
};

std::size_t give(char* out, std::size_t size, std::size_t count, void* source) {
    auto& rest = static_cast<Source*>(source)->rest;
    const auto given = std::min(size * count, rest.size());
    std::memcpy(out, rest.data(), given);
    rest.remove_prefix(given);
    return given;
}

int go_on(void* stopping, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<const std::atomic<bool>*>(stopping)->load() ? 1 : 0;
}

/// RFC 5321 §4.2.2: mailbox, size, policy. 53x is about us, not about the message.
bool is_refusal(long answer) {
    constexpr long first = 550;
    constexpr long last = 556;
    return answer >= first && answer <= last;
}

MailOutcome outcome_of(CURLcode code, CURL* handle) {
    if (code == CURLE_OK) return {MailVerdict::delivered};
    long answer = 0;
    curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &answer);
    if (answer >= 400) {
        const auto verdict = is_refusal(answer) && code != CURLE_LOGIN_DENIED ? MailVerdict::refused : MailVerdict::postponed;
        return {verdict, fmt::format("the SMTP server answered {}", answer)};
    }
    return {MailVerdict::postponed, fmt::format("SMTP: {}", curl_easy_strerror(code))};
}

MailOutcome deliver(const SmtpUrl& url, const mail::Message& message, const std::atomic<bool>& stopping) {
    const std::unique_ptr<CURL, EasyDeleter> handle(curl_easy_init());
    const auto to = fmt::format("<{}>", message.to.text());
    const std::unique_ptr<curl_slist, ListDeleter> recipients(curl_slist_append(nullptr, to.c_str()));
    if (!handle || !recipients) throw std::bad_alloc();
    const auto from = fmt::format("<{}>", message.from.address.text());
    const auto text = mail::compose(message);
    Source source{text};
    auto* easy = handle.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.server.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    const bool must_encrypt = !url.user.empty() && !url.loopback;
    curl_easy_setopt(easy, CURLOPT_USE_SSL, must_encrypt ? CURLUSESSL_ALL : CURLUSESSL_TRY);
    // A certificate of this very machine names nobody.
    if (url.loopback) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    if (url.loopback) curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    const std::string password(url.password.reveal());
    if (!url.user.empty()) {
        curl_easy_setopt(easy, CURLOPT_USERNAME, url.user.c_str());
        curl_easy_setopt(easy, CURLOPT_PASSWORD, password.c_str());
    }
    curl_easy_setopt(easy, CURLOPT_MAIL_FROM, from.c_str());
    curl_easy_setopt(easy, CURLOPT_MAIL_RCPT, recipients.get());
    curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &give);
    curl_easy_setopt(easy, CURLOPT_READDATA, &source);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, connect_seconds);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, attempt_seconds);
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &go_on);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, &stopping);
    const auto code = curl_easy_perform(easy);
    return outcome_of(code, easy);
}

}  // namespace

SmtpOutlet::SmtpOutlet(Runtime& runtime, SmtpUrl url)
    : url_(std::move(url)), threads_(runtime.executor(), runtime.mailbox(), threads, waiting) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

SmtpOutlet::~SmtpOutlet() {
    stopping_ = true;
}

awaitable<MailOutcome> SmtpOutlet::send(mail::Message message) {
    // `this` outlives the threads, which its destructor waits for.
    const auto work = [this, message = std::move(message)] { return deliver(url_, message, stopping_); };
    return threads_.run(work);
}

}  // namespace darkroom::notifications
