#include "tests/harness/person.hpp"

#include "platform/core/encoding.hpp"

#include <algorithm>
#include <stdexcept>
#include <thread>

namespace darkroom::system_test {

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void give_up(std::string_view what, const Answer& answer) {
    throw std::runtime_error(std::string(what) + ": " + answer.summary());
}

bool is_not_now(int status) {
    return status == 0 || status == 502 || status == 503 || status == 504;
}

}  // namespace

bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
    const auto until = Clock::now() + limit;
    while (!holds()) {
        if (Clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return true;
}

Answer persist(const std::function<Answer()>& request, std::chrono::milliseconds limit) {
    Answer answer;
    eventually(
        [&] {
            answer = request();
            return !is_not_now(answer.status);
        },
        limit);
    return answer;
}

Person::Person(std::uint16_t port, std::string name)
    : port_(port), http_(port), email_(name + "@example.com"), username_(std::move(name)) {}

Person Person::join(const System& system, std::string_view name) {
    Person person(system.port(Part::gateway), std::string(name) + to_hex(sha256(random_token())).substr(0, 10));
    const json::Object account{{"email", person.email_},
                               {"username", person.username_},
                               {"password", person.password_},
                               {"full_name", "Ada Lovelace"}};
    const auto registered = persist([&] { return person.http_.post("/auth/register", account); });
    // 409: the first attempt succeeded, and its answer was lost.
    if (registered.status != 200 && registered.status != 409) give_up("cannot register", registered);
    person.log_in();
    return person;
}

void Person::log_in() {
    const json::Object credentials{{"email", email_}, {"password", password_}};
    const auto answer = persist([&] { return http_.post("/auth/login", credentials); });
    if (answer.status != 200) give_up("cannot log in", answer);
    http_.use_token(answer.text("data.access_token"));
    id_ = answer.text("data.user.id");
    refresh_token_ = answer.text("data.refresh_token");
}

WebSocketClient Person::notifications() const {
    return {port_, "/ws/notifications?token=" + http_.token()};
}

WebSocketClient Person::events() const {
    return {port_, "/ws/events", http_.token()};
}

std::string Person::upload(std::string_view content, std::string_view filename) {
    const auto key = random_token();
    const Upload upload{.content = content, .filename = filename, .key = key};
    const auto answer = persist([&] { return http_.upload("/images/upload", upload); });
    if (answer.status != 200) give_up("cannot upload", answer);
    return answer.text("data.id");
}

std::string Person::process(const std::string& upload_id, const std::string& transformation, const json::Object& parameters) {
    const json::Object order{{"transformation_type", transformation}, {"parameters", parameters}};
    const auto key = random_token();
    const auto answer = persist([&] { return http_.post("/images/" + upload_id + "/process", order, key); });
    if (answer.status != 200) give_up("cannot process", answer);
    return answer.text("data.id");
}

void Person::wait_completed(const std::string& processing_id) {
    Answer answer;
    const auto finished = [&] {
        answer = http_.get("/images/processings/" + processing_id);
        const auto status = answer.text("data.status");
        return status == "completed" || status == "failed" || status == "cancelled";
    };
    if (!eventually(finished) || answer.text("data.status") != "completed") give_up("the job does not complete", answer);
}

std::string Person::result(const std::string& processing_id) {
    auto answer = persist([&] { return http_.get("/images/processings/" + processing_id + "/result"); });
    if (answer.status != 200) give_up("cannot download", answer);
    return std::move(answer.body);
}

std::vector<json::Value> Person::all_notifications(const std::string& type) {
    std::vector<json::Value> all;
    for (int page = 1; page < 100; ++page) {
        const auto target = "/notifications?size=100&sort=created_at&page=" + std::to_string(page) +
                            (type.empty() ? std::string() : "&notification_type=" + type);
        const auto answer = persist([&] { return http_.get(target); });
        if (answer.status != 200) give_up("cannot list notifications", answer);
        for (const auto& one : dig(answer.document(), "data.notifications").as_array()) all.push_back(one);
        if (answer.text("data.pagination.has_next") != "true") break;
    }
    return all;
}

}  // namespace darkroom::system_test
