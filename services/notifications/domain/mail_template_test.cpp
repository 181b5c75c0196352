#include "services/notifications/domain/mail_template.hpp"

#include "services/notifications/domain/account_mail.hpp"

#include <gtest/gtest.h>

namespace darkroom::notifications {
namespace {

const MailValues everything{{"username", "ada"},
                            {"title", "A <title> & more"},
                            {"message", "first line\nsecond \"line\""},
                            {"link", "https://example.org/reset?token=a&b"},
                            {"console", "http://127.0.0.1:8000/console/"},
                            {"ip", "192.0.2.1"},
                            {"is_notification", "yes"}};

std::vector<std::string> all_names() {
    std::vector<std::string> names;
    for (const auto name : json::enum_names<NotificationType>()) names.emplace_back(name);
    for (const auto name : json::enum_names<AccountMailKind>()) names.emplace_back(name);
    return names;
}

TEST(MailTemplates, ExistForEveryTypeAndEveryAccountMailAndFillCompletely) {
    for (const auto& name : all_names()) {
        for (const auto& values : {everything, MailValues{}}) {
            const auto mail = render_mail(name, values);
            EXPECT_EQ(mail.subject.find('\n'), std::string::npos) << name;
            EXPECT_EQ((mail.text + mail.html + mail.subject).find("{{"), std::string::npos) << name;
            EXPECT_TRUE(mail.html.starts_with("<!doctype html>") && mail.html.ends_with("</html>\n")) << name;
        }
        EXPECT_FALSE(render_mail(name, everything).subject.empty()) << name;
    }
    EXPECT_THROW(render_mail("no_such_mail", {}), std::logic_error);
}

TEST(MailTemplates, LoadNothingFromElsewhere) {
    for (const auto& name : all_names()) {
        const auto html = render_mail(name, {}).html;
        for (const auto* remote : {"<img", "<script", "<link", "<iframe", "@import", "url(", "http://", "https://"}) {
            EXPECT_EQ(html.find(remote), std::string::npos) << name << ": " << remote;
        }
    }
}

TEST(MailTemplates, EscapeWhatStandsInHtmlAndOnlyThere) {
    const auto mail = render_mail("broadcast", everything);

    EXPECT_EQ(mail.subject, "A <title> & more");
    EXPECT_NE(mail.text.find("second \"line\""), std::string::npos);
    EXPECT_NE(mail.html.find("<h1>A &lt;title&gt; &amp; more</h1>"), std::string::npos);
    EXPECT_NE(mail.html.find("first line<br>\nsecond &quot;line&quot;"), std::string::npos);
    EXPECT_EQ(fill_template("<a href=\"{{x}}\">", {{"x", "\"><b>'"}}, MailSyntax::html),
              "<a href=\"&quot;&gt;&lt;b&gt;&#39;\">");
    EXPECT_EQ(fill_template("{{x}}", {{"x", "{{y}}"}, {"y", "no"}}, MailSyntax::text), "{{y}}") << "values are no templates";
}

TEST(MailTemplates, SectionsShowByWhetherThereIsAValue) {
    constexpr auto text = "a{{#x}}[{{x}}]{{/x}}{{^x}}none{{/x}}b";

    EXPECT_EQ(fill_template(text, {{"x", "1"}}, MailSyntax::text), "a[1]b");
    EXPECT_EQ(fill_template(text, {}, MailSyntax::text), "anoneb");
    EXPECT_THROW(fill_template("{{#x}}", {}, MailSyntax::text), std::logic_error);
    EXPECT_THROW(fill_template("{{x", {}, MailSyntax::text), std::logic_error);
}

TEST(MailTemplates, AResetLinkStandsInBothAlternatives) {
    const auto mail = render_mail("password_reset", everything);

    EXPECT_NE(mail.text.find("https://example.org/reset?token=a&b"), std::string::npos);
    EXPECT_NE(mail.html.find("href=\"https://example.org/reset?token=a&amp;b\""), std::string::npos);
}

json::Object a_request() {
    return {{"id", "0193f3a0-1111-7000-8000-000000000001"},
            {"to", "ada@example.com"},
            {"user_id", "user-1"},
            {"template", "password_reset"},
            {"values", {{"username", "ada"}, {"link", "https://example.org/reset"}, {"minutes", 60}}}};
}

std::vector<std::string> bad_fields(const json::Object& request) {
    std::vector<std::string> fields;
    const auto mail = AccountMail::parse(request);
    if (mail) return fields;
    for (const auto& field : mail.error().fields) fields.push_back(field.field);
    return fields;
}

TEST(AccountMail, IsReadFromARequest) {
    const auto mail = AccountMail::parse(a_request());

    ASSERT_TRUE(mail.has_value());
    EXPECT_EQ(mail->kind, AccountMailKind::password_reset);
    EXPECT_EQ(mail->to.text(), "ada@example.com");
    EXPECT_EQ(shown_values(mail->values).at("minutes"), "60");
}

TEST(AccountMail, EveryBadFieldIsNamed) {
    auto request = a_request();
    request["id"] = "one";
    request["template"] = "newsletter";
    request["values"] = {{"link", "javascript:alert(1)"}, {"nested", {{"a", 1}}}};
    EXPECT_EQ(bad_fields(request), (std::vector<std::string>{"template", "id", "values.nested", "values.link"}));

    request = a_request();
    request["values"].get_object().erase("link");
    EXPECT_EQ(bad_fields(request), std::vector<std::string>{"values.link"});

    EXPECT_EQ(bad_fields({}), (std::vector<std::string>{"template", "id", "to", "values"}));
    request = a_request();
    request["to"] = "ada@example.com\r\nBcc: everybody@example.org";
    request["subject"] = "mine";
    EXPECT_EQ(bad_fields(request), (std::vector<std::string>{"to", "subject"}));
}

}  // namespace
}  // namespace darkroom::notifications
