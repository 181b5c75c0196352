// Where mail goes: an SMTP server, or a local mailbox when none is configured.
#pragma once

#include "platform/async/io.hpp"
#include "platform/mail/message.hpp"

namespace darkroom::notifications {

/// refused: for good, this message. postponed: perhaps not the next time.
enum class MailVerdict { delivered, refused, postponed };

struct MailOutcome {
    MailVerdict verdict{};
    /// For people and logs; never holds what stood in the message.
    std::string reason{};
};

class MailOutlet {
public:
    virtual ~MailOutlet() = default;
    /// Does not throw but for cancellation and lack of memory.
    virtual awaitable<MailOutcome> send(mail::Message message) = 0;
};

}  // namespace darkroom::notifications
