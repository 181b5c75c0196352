// The gateway's composition root.
#pragma once

#include "platform/service/service.hpp"

namespace darkroom::gateway {

/// What darkroom-gateway runs; see platform/service.
ServiceDefinition service();

}  // namespace darkroom::gateway
