#include "platform/outgoing/transfer.hpp"

#include "platform/outgoing/address.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <new>

namespace darkroom::outgoing {

namespace {

constexpr std::size_t max_header_bytes = 32 * 1024;

net::ip::address address_of(const curl_sockaddr& given) {
    if (given.family == AF_INET6) {
        sockaddr_in6 v6{};
        std::copy_n(reinterpret_cast<const char*>(&given.addr), std::min<std::size_t>(given.addrlen, sizeof v6),
                    reinterpret_cast<char*>(&v6));
        net::ip::address_v6::bytes_type bytes{};
        std::copy_n(std::begin(v6.sin6_addr.s6_addr), bytes.size(), bytes.begin());
        return net::ip::address_v6(bytes);
    }
    sockaddr_in v4{};
    std::copy_n(reinterpret_cast<const char*>(&given.addr), std::min<std::size_t>(given.addrlen, sizeof v4),
                reinterpret_cast<char*>(&v4));
    return net::ip::address_v4(ntohl(v4.sin_addr.s_addr));
}

bool is_internet(const curl_sockaddr& given) {
    return given.family == AF_INET || given.family == AF_INET6;
}

}  // namespace

Transfer::Transfer(HttpRequest request, const HttpClientOptions& options, OneShot<Outcome> done)
    : request_(std::move(request)), options_(options), done_(std::move(done)), easy_(curl_easy_init()) {
    if (easy_ == nullptr) throw std::bad_alloc();
    configure();
}

Transfer::~Transfer() {
    curl_easy_cleanup(easy_);
    curl_slist_free_all(headers_);
}

void Transfer::add_header(const std::string& line) {
    auto* longer = curl_slist_append(headers_, line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    headers_ = longer;
}

void Transfer::configure() {
    curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
    curl_easy_setopt(easy_, CURLOPT_URL, request_.url.text().c_str());
    curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy_, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy_, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    // Not even the environment's: a proxy would connect for us, past the check of the address.
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
    curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, static_cast<long>(request_.deadline.count()));
    curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_.connect_deadline.count()));
    curl_easy_setopt(easy_, CURLOPT_USERAGENT, options_.user_agent.c_str());
    if (!options_.authorities.empty()) curl_easy_setopt(easy_, CURLOPT_CAINFO, options_.authorities.c_str());
    curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::open_socket);
    curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
    for (const auto& header : request_.headers) add_header(header.name + ": " + header.value);
    // Without "Expect: 100-continue", which costs a round trip and confuses small servers.
    add_header("Expect:");
    add_body();
    curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, headers_);
}

void Transfer::add_body() {
    if (request_.verb == http::Verb::get) {
        curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
        return;
    }
    if (request_.verb == http::Verb::head) {
        curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
        return;
    }
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, std::string(http::verb_text(request_.verb)).c_str());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());
}

curl_socket_t Transfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
    auto& transfer = *static_cast<Transfer*>(self);
    const bool allowed = is_internet(*address) && (transfer.options_.allow_private || is_public(address_of(*address)));
    if (!allowed) {
        transfer.address_refused_ = true;
        return CURL_SOCKET_BAD;
    }
    return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

std::size_t Transfer::on_header(char* data, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    transfer.header_bytes_ += count;
    if (transfer.header_bytes_ > max_header_bytes) return 0;
    std::string_view line(data, count);
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    // A new head: what came before it was a 100 Continue.
    if (line.starts_with("HTTP/")) transfer.response_.headers = {};
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return count;
    auto value = line.substr(colon + 1);
    while (value.starts_with(' ')) value.remove_prefix(1);
    transfer.response_.headers.add(std::string(line.substr(0, colon)), std::string(value));
    return count;
}

std::size_t Transfer::on_body(char* data, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<Transfer*>(self);
    auto& body = transfer.response_.body;
    const auto room = transfer.request_.max_response_bytes - body.size();
    body.append(data, std::min(count, room));
    if (count <= room) return count;
    transfer.response_.truncated = true;
    // Anything else than `count` ends the transfer.
    return 0;
}

Transfer::Outcome Transfer::outcome(CURLcode code) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    if (code == CURLE_OK || response_.truncated) return std::move(response_);
    if (address_refused_) {
        return Error{Kind::upstream_failed, "outgoing_address_refused", "the address is not a public one"};
    }
    if (code == CURLE_OPERATION_TIMEDOUT)
        return Error{Kind::timed_out, "outgoing_timeout", "no answer within the time allowed"};
    return Error{Kind::upstream_failed, "outgoing_failed", curl_easy_strerror(code)};
}

}  // namespace darkroom::outgoing
