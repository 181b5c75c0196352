// A user of Darkroom, from outside: what the story's steps are made of.
#pragma once

#include "tests/harness/http.hpp"
#include "tests/harness/sockets.hpp"
#include "tests/harness/system.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::system_test {

/// Polls until `holds`, at most `limit`; false if it never did.
bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = patience);

/// Repeats a request while the system says "not now" (no answer, 502, 503, 504), at most `limit`.
Answer persist(const std::function<Answer()>& request, std::chrono::milliseconds limit = patience);

class Person {
public:
    /// Registers with a name nobody has, logs in. Persistent: works while parts of the system restart. Throws
    /// std::runtime_error when it stays impossible.
    static Person join(const System& system, std::string_view name);

    HttpClient& http() { return http_; }
    const std::string& id() const { return id_; }
    const std::string& email() const { return email_; }
    const std::string& username() const { return username_; }
    const std::string& password() const { return password_; }
    const std::string& refresh_token() const { return refresh_token_; }
    WebSocketClient notifications() const;
    WebSocketClient events() const;

    /// The new upload's id. Persistent; throws when refused.
    std::string upload(std::string_view content, std::string_view filename);
    /// The new processing's id. Persistent; throws when refused.
    std::string process(const std::string& upload_id, const std::string& transformation, const json::Object& parameters = {});
    /// Waits until the job is completed; throws with its state when it is not in time or has failed.
    void wait_completed(const std::string& processing_id);
    /// Bytes of a job's result. Persistent.
    std::string result(const std::string& processing_id);
    /// All of the person's notifications, oldest first. Persistent.
    std::vector<json::Value> all_notifications(const std::string& type = {});

private:
    Person(std::uint16_t port, std::string name);
    void log_in();

    std::uint16_t port_;
    HttpClient http_;
    std::string id_;
    std::string email_;
    std::string username_;
    std::string password_ = "correct horse battery staple";
    std::string refresh_token_;
};

}  // namespace darkroom::system_test
