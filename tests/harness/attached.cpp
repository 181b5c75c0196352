#include "tests/harness/attached.hpp"

#include "platform/json/described.hpp"
#include "tests/harness/http.hpp"

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace darkroom::system_test {

std::optional<Attached> Attached::from_environment() {
    const char* path = std::getenv("DARKROOM_TEST_SYSTEM");
    if (path == nullptr) return std::nullopt;
    std::ifstream file(path);
    const auto document = json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
    if (!document || !document->is_object()) throw std::runtime_error(std::string(path) + " is no JSON object");
    Attached attached{.database_url = text_at(*document, "database_url"),
                      .secrets = text_at(*document, "secrets"),
                      .data = text_at(*document, "data"),
                      .mail = text_at(*document, "mail"),
                      .control = text_at(*document, "control")};
    for (const auto& [name, port] : dig(*document, "ports").as_object()) {
        attached.ports.emplace(json::view(name), static_cast<std::uint16_t>(port.as_int64()));
    }
    return attached;
}

void Attached::run(const std::string& verb, const std::string& part) const {
    const auto command = control + ' ' + verb + ' ' + part;
    if (std::system(command.c_str()) != 0) throw std::runtime_error(command + " failed");
}

std::string Attached::secret_of(const std::string& client) const {
    std::ifstream file(secrets + "/client." + client);
    std::string secret;
    if (!std::getline(file, secret)) throw std::runtime_error("no secret of " + client + " in " + secrets);
    return secret;
}

}  // namespace darkroom::system_test
