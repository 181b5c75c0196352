// What is done through a mailbox, on the whole system: auth-service, notification-service, and a person who reads.
#include "tests/harness/expectations.hpp"
#include "tests/harness/person.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace darkroom::system_test {
namespace {

/// Quoted-printable (RFC 2045 §6.7), as far as a link needs it.
std::string without_quoting(std::string text) {
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{{"=\r\n", ""}, {"=3D", "="}}) {
        for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at)) text.replace(at, from.size(), to);
    }
    return text;
}

/// The link in the mail of that subject to that address; empty while there is none.
std::string mailed_link(const System& system, const std::string& address, std::string_view subject) {
    for (const auto& entry : std::filesystem::directory_iterator(system.mail_directory())) {
        if (entry.path().extension() != ".eml") continue;
        std::ifstream file(entry.path(), std::ios::binary);
        const auto mail = without_quoting({std::istreambuf_iterator<char>(file), {}});
        const auto at = mail.find("http://127.0.0.1");
        if (mail.find(address) == std::string::npos || mail.find(subject) == std::string::npos || at == std::string::npos)
            continue;
        return mail.substr(at, mail.find_first_of("\r\n \"<", at) - at);
    }
    return {};
}

/// Whether there is a mail of that subject to that address.
bool has_mail(const System& system, const std::string& address, std::string_view subject) {
    for (const auto& entry : std::filesystem::directory_iterator(system.mail_directory())) {
        std::ifstream file(entry.path(), std::ios::binary);
        const std::string mail(std::istreambuf_iterator<char>(file), {});
        if (mail.find("To: " + address) != std::string::npos && mail.find(subject) != std::string::npos) return true;
    }
    return false;
}

TEST(Mail, AForgottenPasswordIsSetAnewThroughTheMailbox) {
    const auto& system = System::instance();
    auto person = Person::join(system, "forgetful");

    const auto asked = HttpClient(system.port(Part::gateway)).post("/auth/password/forgot", {{"email", person.email()}});
    EXPECT_TRUE(is_success(asked)) << asked.summary();
    std::string link;
    ASSERT_TRUE(eventually([&] {
        link = mailed_link(system, person.email(), "Reset your password");
        return !link.empty();
    }));

    const auto target = link.substr(link.find("/auth/"));
    const auto page = HttpClient(system.port(Part::gateway)).get(target);
    const auto token = target.substr(target.find('=') + 1);
    const auto reset = HttpClient(system.port(Part::gateway))
                           .post("/auth/password/reset", {{"token", token}, {"new_password", "another horse battery"}});

    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("New password"), std::string::npos);
    EXPECT_TRUE(is_success(reset)) << reset.summary();
    EXPECT_TRUE(eventually([&] { return person.http().get("/users/me").status == 401; }));
    const auto again = HttpClient(system.port(Part::gateway))
                           .post("/auth/login", {{"email", person.email()}, {"password", "another horse battery"}});
    EXPECT_TRUE(is_success(again));
    EXPECT_TRUE(eventually([&] { return has_mail(system, person.email(), "Your password has been changed"); }));
}

TEST(Mail, AnAddressThatIsReplacedIsTold) {
    const auto& system = System::instance();
    auto person = Person::join(system, "moving");

    const auto moved = person.http().put("/users/me", {{"email", "new-" + person.email()}});

    EXPECT_EQ(moved.text("data.email"), "new-" + person.email()) << moved.summary();
    EXPECT_TRUE(eventually([&] { return has_mail(system, person.email(), "Your e-mail address has been changed"); }));
}

}  // namespace
}  // namespace darkroom::system_test
