// From the body of POST /events/publish to envelopes.
#pragma once

#include "platform/auth/caller.hpp"
#include "platform/bus/envelope.hpp"

#include <string_view>
#include <vector>

namespace darkroom::event_bus {

/// Who publishes, for what the body leaves out.
struct PublishContext {
    const auth::Caller& caller;
    std::string correlation_id;
};

struct PublishedEvents {
    std::vector<bus::Envelope> events;
    /// The body was an array, so the answer is one.
    bool many = false;
};

/// One event or an array of at most 1000. Kind::invalid names every bad field ("[3].type"). `data` is kept byte for byte.
/// Only a service may say when an event happened and where it comes from; anybody else's source is "user:<id>".
Result<PublishedEvents> parse_published(std::string_view body, const PublishContext& context);

}  // namespace darkroom::event_bus
