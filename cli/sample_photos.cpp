#include "cli/sample_photos.hpp"

#include "cli/http_request.hpp"

#include <fmt/format.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>

namespace darkroom::cli {

namespace {

constexpr std::string_view host = "127.0.0.1";
constexpr std::array sample_orders{
    R"({"transformation_type": "thumbnail", "parameters": {"size": 512}})",
    R"({"transformation_type": "grayscale"})",
    R"({"name": "postcard", "pipeline": [{"transformation_type": "resize", "parameters": {"width": 1200}},
        {"transformation_type": "sepia", "parameters": {"intensity": 0.6}}]})",
};
constexpr std::string_view boundary = "darkroom-sample-photo-boundary";

HttpAnswer ask(std::uint16_t port, const HttpRequest& request) {
    const auto answer = http_exchange(std::string(host), port, request, 20s);
    if (!answer) throw std::runtime_error(fmt::format("nobody answers on port {}: ./darkroom status tells more", port));
    if (answer->status != 200) throw std::runtime_error(fmt::format("{}: {}", request.path, answer->problem()));
    return *answer;
}

std::string sign_in(const Settings& settings, const DemoAccount& account) {
    const json::Object credentials{{"email", account.email}, {"password", account.password}};
    const auto answer = ask(
        settings.port_of(auth),
        {.method = "POST", .path = "/auth/login", .content_type = "application/json", .body = json::serialize(credentials)});
    return std::string(json::view(answer.parsed().at("data").at("access_token").as_string()));
}

std::string multipart(const std::string& name, const std::filesystem::path& file) {
    std::ifstream input(file, std::ios::binary);
    std::string body = fmt::format(
        "--{}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{}\"\r\nContent-Type: image/jpeg\r\n\r\n", boundary,
        name);
    body.append(std::istreambuf_iterator<char>(input), {});
    return body + fmt::format("\r\n--{}--\r\n", boundary);
}

}  // namespace

void draw_sample_photo(const Settings& settings, const std::filesystem::path& file, int seed) {
    const auto program = (settings.binaries / "darkroom-sample-photo").string();
    const auto number = std::to_string(seed);
    const pid_t child = ::fork();
    if (child == 0) {
        ::execl(program.c_str(), program.c_str(), file.c_str(), "4000", "3000", number.c_str(), static_cast<char*>(nullptr));
        ::_exit(127);
    }
    int status = 0;
    if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
        throw std::runtime_error(fmt::format("cannot draw a photo into {}: is its folder there and writable?", file.string()));
    }
}

void upload_sample_photos(const Settings& settings, const DemoAccount& account, int count, bool process) {
    const auto port = settings.port_of(images);
    const auto authorization = "Bearer " + sign_in(settings, account);
    const auto list = ask(port, {.path = "/images?size=1", .authorization = authorization});
    if (list.parsed().at("data").at("pagination").at("total").to_number<int>() > 0) return;
    for (int seed = 1; seed <= count; ++seed) {
        const auto name = fmt::format("landscape-{}.jpg", seed);
        const auto file = settings.home / name;
        draw_sample_photo(settings, file, seed);
        const auto body = multipart(name, file);
        std::filesystem::remove(file);
        const auto uploaded = ask(port, {.method = "POST",
                                         .path = "/images/upload",
                                         .authorization = authorization,
                                         .content_type = fmt::format("multipart/form-data; boundary={}", boundary),
                                         .body = body});
        if (!process) continue;
        const auto id = std::string(json::view(uploaded.parsed().at("data").at("id").as_string()));
        for (const auto* order : sample_orders) {
            ask(port, {.method = "POST",
                       .path = "/images/" + id + "/process",
                       .authorization = authorization,
                       .content_type = "application/json",
                       .body = order});
        }
    }
}

}  // namespace darkroom::cli
