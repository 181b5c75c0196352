// One e-mail as it travels: RFC 5322 with a text and an HTML alternative. No I/O, no clock.
#pragma once

#include "platform/core/time.hpp"
#include "platform/identity/email.hpp"

#include <string>
#include <string_view>

namespace darkroom::mail {

/// Who sends: "Darkroom <darkroom@example.org>", or the address alone.
struct Sender {
    std::string name;
    identity::Email address;

    static Result<Sender> parse(std::string_view text);
};

struct Message {
    Sender from;
    identity::Email to;
    std::string subject;
    std::string text;
    std::string html;
    /// The left side of the Message-ID. Stable over repeated attempts, so that a receiver can tell a repetition.
    std::string id;
    Timestamp date{};
};

/// The whole message: ASCII, CRLF, lines of at most 76 characters. The same message always gives the same bytes. Nothing in it
/// can become a header of its own: addresses are parsed, the rest is encoded.
std::string compose(const Message& message);

/// What a person reads of a message that `compose` wrote; empty where it has none.
struct Readable {
    std::string from;
    std::string to;
    std::string subject;
    std::string date;
    std::string message_id;
    std::string text;
    std::string html;
};

/// Of messages of ours: other people's may come out incomplete, never wrong.
Readable read(std::string_view message);

}  // namespace darkroom::mail
