// Identifiers: strings on the outside; new ones are UUIDv7 (RFC 9562), so that they sort by creation time.
#pragma once

#include "platform/core/error.hpp"

#include <compare>
#include <functional>
#include <string>
#include <string_view>

namespace darkroom {

/// 36 characters, lower case, time-ordered; the random part comes from the operating system.
std::string new_uuid();

/// True for 8-4-4-4-12 hexadecimal digits of any version.
bool is_uuid(std::string_view text);

/// A string that names one kind of thing, so that an upload's id cannot be passed for a user's.
/// `Tag::name` is used in messages. Accepts what the older system used too: 1..64 characters of [A-Za-z0-9._:-].
template <class Tag>
class Id {
public:
    Id() = default;

    static Id create() { return Id(new_uuid()); }
    static Result<Id> parse(std::string_view text);
    /// For what comes from our own database or a verified token; not checked.
    static Id trusted(std::string text) { return Id(std::move(text)); }

    const std::string& text() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }
    auto operator<=>(const Id&) const = default;

private:
    explicit Id(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Shared by all Id types: the characters and length an id may have.
bool is_id(std::string_view text);

template <class Tag>
Result<Id<Tag>> Id<Tag>::parse(std::string_view text) {
    if (!is_id(text)) return invalid_field("", "is not a valid id");
    return Id(std::string(text));
}

struct UserTag {};
struct EventTag {};
struct SessionTag {};
using UserId = Id<UserTag>;
using EventId = Id<EventTag>;
using SessionId = Id<SessionTag>;

/// X-Correlation-ID: 1..128 characters of [A-Za-z0-9._-]. Made where absent or ill-formed.
class CorrelationId {
public:
    CorrelationId() : text_(new_uuid()) {}
    /// The given id when well-formed, else a new one.
    static CorrelationId accept_or_create(std::string_view given);
    const std::string& text() const noexcept { return text_; }

private:
    explicit CorrelationId(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

}  // namespace darkroom

template <class Tag>
struct std::hash<darkroom::Id<Tag>> {
    std::size_t operator()(const darkroom::Id<Tag>& id) const noexcept { return std::hash<std::string>{}(id.text()); }
};
