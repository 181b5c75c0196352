// One socket's view of the log, without I/O: what it may see, what it wants, and where it stands.
#pragma once

#include "services/event_bus/domain/event_type.hpp"
#include "services/event_bus/domain/visibility.hpp"

#include <optional>
#include <string>
#include <vector>

namespace darkroom::event_bus {

/// {"type":"subscribe","event_types":["image.*"],"user_id":"…","after":7}
struct SubscribeRequest {
    std::string type;
    std::optional<std::vector<TypePattern>> event_types;
    std::optional<UserId> user_id;
    std::optional<json::Bounded<0, 9'000'000'000'000'000>> after;
};
BOOST_DESCRIBE_STRUCT(SubscribeRequest, (), (type, event_types, user_id, after))

/// Invariants: stored events are wanted in rising position, each at most once; while replaying, live ones are not wanted,
/// because the store will give them; `caught_up` may be called only when nothing is stored behind the cursor that was not
/// offered.
class Subscription {
public:
    /// Without a request: everything visible, from `head` on.
    Subscription(Visibility visibility, std::int64_t head) : visibility_(std::move(visibility)), cursor_(head) {}

    /// A further request replaces the former one. Refuses a foreign user_id ("foreign_user") and an `after` beyond the head.
    Result<void> subscribe(SubscribeRequest request, std::int64_t head);

    /// True when `event` (stored) is to be sent now; moves the cursor.
    bool offer_live(const bus::Envelope& event);
    bool offer_replayed(const bus::Envelope& event);
    /// For what is streamed but never stored.
    bool wants_unstored(const bus::Envelope& event) const { return !replaying_ && selects(event); }

    bool replaying() const { return replaying_; }
    std::int64_t cursor() const { return cursor_; }
    /// The store has been read up to `position`, whatever of it was selected.
    void replayed_until(std::int64_t position) { cursor_ = std::max(cursor_, position); }
    void caught_up() { replaying_ = false; }

private:
    bool selects(const bus::Envelope& event) const;

    Visibility visibility_;
    std::vector<TypePattern> types_;
    std::optional<std::string> user_;
    std::int64_t cursor_;
    bool replaying_ = false;
};

}  // namespace darkroom::event_bus
