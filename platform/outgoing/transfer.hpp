// One request as libcurl sees it; private to this module.
#pragma once

#include "platform/async/one_shot.hpp"
#include "platform/outgoing/http_client.hpp"

#include <curl/curl.h>

namespace darkroom::outgoing {

/// Lives on the loop's thread until it is handed to the worker, and there until it is finished.
class Transfer {
public:
    using Outcome = Result<HttpResponse>;

    /// `options` must outlive the transfer.
    Transfer(HttpRequest request, const HttpClientOptions& options, OneShot<Outcome> done);
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    CURL* handle() const { return easy_; }
    /// What became of it.
    Outcome outcome(CURLcode code);
    const OneShot<Outcome>& done() const { return done_; }

private:
    void configure();
    void add_body();
    void add_header(const std::string& line);

    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);

    HttpRequest request_;
    const HttpClientOptions& options_;
    OneShot<Outcome> done_;
    CURL* easy_;
    curl_slist* headers_ = nullptr;
    HttpResponse response_;
    std::size_t header_bytes_ = 0;
    bool address_refused_ = false;
};

}  // namespace darkroom::outgoing
