// Where a smaller rectangle lies in a larger one.
#pragma once

#include <string_view>

namespace darkroom::images::worker {

struct Corner {
    int left = 0;
    int top = 0;
};

/// The left top corner of a rectangle that `where` names ("center", "north", …, "southeast"), with `room_x` and `room_y` pixels
/// to spare. At an edge it keeps `margin` from it, as far as there is room.
Corner place(std::string_view where, int room_x, int room_y, int margin = 0);

}  // namespace darkroom::images::worker
