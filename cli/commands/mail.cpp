#include "cli/commands/commands.hpp"
#include "cli/layout.hpp"
#include "platform/json/described.hpp"
#include "platform/mail/message.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iostream>

namespace darkroom::cli {

namespace fs = std::filesystem;

namespace {

/// The newest first: names begin with the time.
std::vector<fs::path> mails_in(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code none_yet;
    for (const auto& entry : fs::directory_iterator(directory, none_yet)) {
        if (entry.path().extension() == ".eml") files.push_back(entry.path());
    }
    std::ranges::sort(files, std::greater<>());
    return files;
}

mail::Readable read_mail(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    if (!file) throw std::runtime_error(fmt::format("cannot read {}", path.string()));
    return mail::read(content);
}

json::Object as_json(const mail::Readable& mail, const fs::path& path) {
    return {{"from", mail.from}, {"to", mail.to},     {"subject", mail.subject}, {"date", mail.date},
            {"text", mail.text}, {"html", mail.html}, {"file", path.string()}};
}

}  // namespace

int mail_list(const Settings& settings, const MailOptions& options) {
    const auto files = mails_in(Layout(settings.home).mail());
    json::Array all;
    for (std::size_t i = 0; i < std::min(files.size(), static_cast<std::size_t>(options.lines)); ++i) {
        const auto mail = read_mail(files[i]);
        if (options.json) {
            all.push_back(as_json(mail, files[i]));
        } else {
            std::cout << fmt::format("{:>4}  {:<31}  {:<32}  {}\n", i + 1, mail.date, mail.to, mail.subject);
        }
    }
    if (options.json) std::cout << json::serialize(json::Value(all)) << '\n';
    if (files.empty() && !options.json) {
        std::cout << (settings.smtp_url.empty() ? "The local mailbox is empty.\n"
                                                : "Mail goes to SMTP_URL; the local mailbox is empty.\n");
    }
    return 0;
}

int mail_show(const Settings& settings, int number) {
    const auto files = mails_in(Layout(settings.home).mail());
    if (number < 1 || static_cast<std::size_t>(number) > files.size()) {
        throw std::runtime_error(fmt::format("there is no mail {}: ./darkroom mail lists {}", number, files.size()));
    }
    const auto mail = read_mail(files[static_cast<std::size_t>(number) - 1]);
    std::cout << fmt::format("From: {}\nTo: {}\nDate: {}\nSubject: {}\n\n{}\n", mail.from, mail.to, mail.date, mail.subject,
                             mail.text);
    return 0;
}

}  // namespace darkroom::cli
