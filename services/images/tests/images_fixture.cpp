#include "services/images/tests/images_fixture.hpp"

#include "platform/bus/outbox.hpp"
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"

#include <cstdlib>
#include <sstream>

namespace darkroom::images::testing {

namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory() {
    auto pattern = (fs::temp_directory_path() / "darkroom-images-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

Servers::Servers() : database("images", {bus::migrations(), migrations()}) {}

Config Servers::config() {
    Config config;
    config.database_url = Secret(database.url());
    config.data_directory = data.path();
    config.worker_program = worker_program();
    config.concurrency = 2;
    config.max_upload_bytes = 1024 * 1024;
    config.job_deadline = 30s;
    config.quotas = quotas;
    config.retention = retention;
    return config;
}

std::unique_ptr<TestService> Servers::start(Runtime& runtime) {
    const auto settings = config();
    const auto build = [settings](ServiceHost& host) { return make_app(host, settings); };
    return std::make_unique<TestService>(
        runtime, darkroom::testing::TestServiceOptions{.name = "image-service", .redis_url = redis.url()}, build);
}

std::size_t Servers::files_in(const std::string& directory) const {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(data.path() / directory))
        count += entry.is_regular_file() ? 1 : 0;
    return count;
}

std::vector<std::string> Servers::event_types() {
    const auto text = database.query("SELECT coalesce(string_agg(type, ',' ORDER BY sequence), '') FROM images.outbox");
    std::vector<std::string> types;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        types.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return types;
}

const std::string& a_small_file() {
    static const auto file = encode(a_photo(60, 40), ".png");
    return file;
}

const std::string& a_slow_file() {
    static const auto file = encode(a_photo(3000, 2000), ".jpg[Q=50]");
    return file;
}

TestRequest upload_request(const std::string& token, const std::vector<FormPart>& parts) {
    std::string body;
    for (const auto& part : parts) {
        body += "--the-boundary\r\nContent-Disposition: form-data; name=\"" + part.name + "\"";
        if (part.filename) body += "; filename=\"" + *part.filename + "\"";
        body += "\r\n\r\n" + part.content + "\r\n";
    }
    body += "--the-boundary--\r\n";
    return {.verb = http::Verb::post,
            .target = "/images/upload",
            .token = token,
            .body = std::move(body),
            .headers = {{"Content-Type", "multipart/form-data; boundary=the-boundary"}}};
}

awaitable<std::string> upload(TestService& service, std::string file, std::string filename, std::string token) {
    const auto request = upload_request(token, {{"file", std::move(file), std::move(filename)}});
    const auto response = co_await service.send(request);
    co_return std::string(json::view(data_of(response).at("id").as_string()));
}

awaitable<http::ClientResponse> get(TestService& service, std::string target, std::string token) {
    const TestRequest request{.target = std::move(target), .token = std::move(token)};
    auto response = co_await service.send(request);
    co_return response;
}

awaitable<http::ClientResponse> remove(TestService& service, std::string target, std::string token) {
    const TestRequest request{.verb = http::Verb::del, .target = std::move(target), .token = std::move(token)};
    auto response = co_await service.send(request);
    co_return response;
}

awaitable<http::ClientResponse> upload_once(TestService& service, std::string key, std::string file, std::string filename,
                                            std::string token) {
    auto request = upload_request(token, {{"file", std::move(file), std::move(filename)}});
    request.headers.set("Idempotency-Key", std::move(key));
    auto response = co_await service.send(std::move(request));
    co_return response;
}

awaitable<http::ClientResponse> process(TestService& service, std::string upload_id, std::string body, std::string token,
                                        std::string idempotency_key) {
    TestRequest request{.verb = http::Verb::post,
                        .target = "/images/" + upload_id + "/process",
                        .token = std::move(token),
                        .body = std::move(body)};
    if (!idempotency_key.empty()) request.headers.set("Idempotency-Key", std::move(idempotency_key));
    auto response = co_await service.send(std::move(request));
    co_return response;
}

awaitable<std::string> start_processing(TestService& service, std::string upload_id, std::string body) {
    const auto response = co_await process(service, std::move(upload_id), std::move(body));
    co_return std::string(json::view(data_of(response).at("id").as_string()));
}

namespace {

awaitable<bool> has_status(TestService& service, std::string id, std::string status, json::Value& seen) {
    const auto response = co_await get(service, "/images/processings/" + id);
    seen = data_of(response);
    co_return json::view(seen.at("status").as_string()) == status;
}

}  // namespace

awaitable<json::Value> wait_for(TestService& service, std::string processing_id, std::string status) {
    json::Value seen;
    const auto holds = [&] { return has_status(service, processing_id, status, seen); };
    const bool reached = co_await eventually_async(holds, 20s);
    require(reached, "the processing is " + json::serialize(seen) + " and not " + status);
    co_return seen;
}

double metric(TestService& service, const std::string& name) {
    std::istringstream lines(service.host().metrics.scrape());
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name)) return std::stod(line.substr(line.rfind(' ')));
    }
    throw std::runtime_error("there is no metric " + name);
}

std::string code_of(const http::ClientResponse& response) {
    const auto document = json::parse(response.body);
    if (!document || !document->is_object() || !document->as_object().contains("code")) {
        return std::to_string(response.status) + " " + response.body;
    }
    return std::string(json::view(document->at("code").as_string()));
}

}  // namespace darkroom::images::testing
