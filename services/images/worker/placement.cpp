#include "services/images/worker/placement.hpp"

#include <algorithm>

namespace darkroom::images::worker {

namespace {

int along(bool at_start, bool at_end, int room, int margin) {
    if (at_start) return std::min(margin, room);
    return at_end ? std::max(room - margin, 0) : room / 2;
}

}  // namespace

Corner place(std::string_view where, int room_x, int room_y, int margin) {
    return {along(where.ends_with("west"), where.ends_with("east"), room_x, margin),
            along(where.starts_with("north"), where.starts_with("south"), room_y, margin)};
}

}  // namespace darkroom::images::worker
