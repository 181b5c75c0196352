// A system that somebody else started (containers), as the file named by DARKROOM_TEST_SYSTEM describes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace darkroom::system_test {

/// JSON: {"ports": {"api-gateway": 8000, …}, "database_url", "secrets", "data", "mail", "control"}. Ports are of 127.0.0.1;
/// secrets, data and mail are directories; `control kill <part>` and `control start <part>` do that.
struct Attached {
    std::map<std::string, std::uint16_t> ports;
    std::string database_url;
    std::string secrets;
    std::string data;
    std::string mail;
    std::string control;

    /// nullopt: the tests start a system of their own.
    static std::optional<Attached> from_environment();
    /// Throws when the program fails.
    void run(const std::string& verb, const std::string& part) const;
    std::string secret_of(const std::string& client) const;
};

}  // namespace darkroom::system_test
