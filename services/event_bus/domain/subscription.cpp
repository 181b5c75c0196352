#include "services/event_bus/domain/subscription.hpp"

#include <algorithm>

namespace darkroom::event_bus {

Result<void> Subscription::subscribe(SubscribeRequest request, std::int64_t head) {
    if (request.user_id && visibility_.only_user && request.user_id->text() != *visibility_.only_user) {
        return Error{Kind::forbidden, "foreign_user", "user_id: you may only name yourself"};
    }
    if (request.after && request.after->value > head) {
        return Error{Kind::invalid, "after_beyond_head", "after: is beyond the last position, " + std::to_string(head)};
    }
    types_ = std::move(request.event_types).value_or(std::vector<TypePattern>{});
    user_.reset();
    if (request.user_id) user_ = request.user_id->text();
    if (request.after) {
        cursor_ = request.after->value;
        replaying_ = cursor_ < head;
    } else {
        // From now on: what is stored already was not asked for.
        cursor_ = std::max(cursor_, head);
        replaying_ = false;
    }
    return {};
}

bool Subscription::selects(const bus::Envelope& event) const {
    if (!visibility_.allows(event)) return false;
    if (user_ && event.user_id != user_) return false;
    return types_.empty() ||
           std::ranges::any_of(types_, [&](const TypePattern& pattern) { return pattern.matches(event.type); });
}

bool Subscription::offer_live(const bus::Envelope& event) {
    if (replaying_ || event.position <= cursor_) return false;
    cursor_ = event.position;
    return selects(event);
}

bool Subscription::offer_replayed(const bus::Envelope& event) {
    if (event.position <= cursor_) return false;
    cursor_ = event.position;
    return selects(event);
}

}  // namespace darkroom::event_bus
