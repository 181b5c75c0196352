// Events in the JSON format of CloudEvents 1.0, for whoever asks for it with Accept.
#pragma once

#include "platform/bus/envelope.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace darkroom::event_bus {

inline constexpr std::string_view cloud_event_type = "application/cloudevents+json";
inline constexpr std::string_view cloud_batch_type = "application/cloudevents-batch+json";

/// True when an Accept header names one of the two types above, and not with q=0.
bool wants_cloud_events(std::string_view accept);

/// `data` byte for byte. What CloudEvents does not know travels as extensions: `sequence` (the position, in lexical order),
/// `position`, `status`, `correlationid`, `userid`.
std::string to_cloud_event(const bus::Envelope& event);
std::string to_cloud_batch(const std::vector<bus::Envelope>& events);

}  // namespace darkroom::event_bus
