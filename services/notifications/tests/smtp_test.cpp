// Mail to a real SMTP server (aiosmtpd).
#include "platform/testing/process.hpp"
#include "platform/testing/test_run.hpp"
#include "services/notifications/smtp_outlet.hpp"

#include <gtest/gtest.h>

#include <fstream>

namespace darkroom::notifications::tests {
namespace {

class SmtpServer {
public:
    explicit SmtpServer(const std::string& kind = "open") {
        process_ = testing::Process({.arguments = {"/usr/bin/python3", SMTP_SERVER, path("port"), path("mails"), kind},
                                     .environment = {"PYTHONDONTWRITEBYTECODE=1"},
                                     .directory = directory_.path(),
                                     .log = path("log")});
    }

    awaitable<std::string> address() const {
        std::string port;
        co_await testing::eventually([&] {
            std::ifstream(path("port")) >> port;
            return !port.empty();
        });
        co_return "127.0.0.1:" + port;
    }
    std::vector<json::Value> mails() const {
        std::vector<json::Value> all;
        std::ifstream file(path("mails"));
        for (std::string line; std::getline(file, line);) all.push_back(json::parse(line).value());
        return all;
    }

private:
    std::string path(const std::string& name) const { return directory_.path() + '/' + name; }

    testing::TemporaryDirectory directory_{"smtp"};
    testing::Process process_;
};

mail::Message a_mail(std::string to) {
    return {.from = mail::Sender::parse("Darkroom <darkroom@example.org>").value(),
            .to = identity::Email::trusted(std::move(to)),
            .subject = "Hello",
            .text = "A line.\n.\nA line that begins with a dot is behind this one.\n.hidden\n",
            .html = "<p>A line.</p>",
            .id = "mail-1",
            .date = now()};
}

SmtpUrl url_of(const std::string& text) {
    return SmtpUrl::parse(text).value();
}

TEST(SmtpUrl, IsAServerWithOrWithoutCredentials) {
    const auto url = url_of("smtp://ann%40example.org:s%3Acret@mail.example.org:587");

    EXPECT_EQ(url.server, "smtp://mail.example.org:587");
    EXPECT_EQ(url.user, "ann@example.org");
    EXPECT_EQ(url.password.reveal(), "s:cret");
    EXPECT_FALSE(url.loopback);
    EXPECT_TRUE(url_of("smtps://127.0.0.1").loopback);
    for (const auto* bad : {"", "mail.example.org", "http://mail.example.org", "smtp://", "smtp://a/path", "smtp://a?x=1"}) {
        EXPECT_FALSE(SmtpUrl::parse(bad)) << bad;
    }
}

TEST(Smtp, DeliversTheMessageAsItWasComposed) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        const SmtpServer server;
        SmtpOutlet outlet(runtime, url_of("smtp://" + co_await server.address()));

        const auto outcome = co_await outlet.send(a_mail("ada@example.com"));

        EXPECT_EQ(outcome.verdict, MailVerdict::delivered) << outcome.reason;
        const auto mails = server.mails();
        testing::require(mails.size() == 1, "one mail has come");
        EXPECT_EQ(mails[0].at("from"), json::Value("darkroom@example.org"));
        EXPECT_EQ(json::serialize(mails[0].at("to")), R"(["ada@example.com"])");
        const auto read = mail::read(json::view(mails[0].at("content").as_string()));
        EXPECT_EQ(read.subject, "Hello");
        EXPECT_NE(read.text.find(".hidden"), std::string::npos);
    });
}

TEST(Smtp, TellsARefusalFromALaterAndFromAnAbsence) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        const SmtpServer server;
        SmtpOutlet outlet(runtime, url_of("smtp://" + co_await server.address()));
        SmtpOutlet nowhere(runtime, url_of("smtp://127.0.0.1:1"));

        const auto refused = co_await outlet.send(a_mail("ada@refused.example"));
        const auto later = co_await outlet.send(a_mail("ada@later.example"));
        const auto away = co_await nowhere.send(a_mail("ada@example.com"));

        EXPECT_EQ(refused.verdict, MailVerdict::refused) << refused.reason;
        EXPECT_NE(refused.reason.find("550"), std::string::npos);
        EXPECT_EQ(later.verdict, MailVerdict::postponed) << later.reason;
        EXPECT_EQ(away.verdict, MailVerdict::postponed);
        EXPECT_TRUE(server.mails().empty());
    });
}

TEST(Smtp, SignsInAndPostponesWithAWrongPassword) {
    testing::run([](Runtime& runtime) -> awaitable<> {
        const SmtpServer server("auth");
        const auto address = co_await server.address();
        SmtpOutlet right(runtime, url_of("smtp://ann:secret@" + address));
        SmtpOutlet wrong(runtime, url_of("smtp://ann:guess@" + address));
        SmtpOutlet nobody(runtime, url_of("smtp://" + address));

        const auto delivered = co_await right.send(a_mail("ada@example.com"));
        const auto denied = co_await wrong.send(a_mail("ada@example.com"));
        const auto anonymous = co_await nobody.send(a_mail("ada@example.com"));

        EXPECT_EQ(delivered.verdict, MailVerdict::delivered) << delivered.reason;
        EXPECT_EQ(denied.verdict, MailVerdict::postponed) << denied.reason;
        EXPECT_EQ(denied.reason.find("guess"), std::string::npos);
        EXPECT_EQ(anonymous.verdict, MailVerdict::postponed) << anonymous.reason;
        EXPECT_EQ(server.mails().size(), 1U);
        EXPECT_EQ(server.mails()[0].at("user"), json::Value("ann"));
    });
}

}  // namespace
}  // namespace darkroom::notifications::tests
