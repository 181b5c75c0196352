// Keeping an idle service small: six of them share a small machine.
#pragma once

namespace darkroom {

/// Before any thread starts. glibc gives each thread an arena of its own and keeps what was freed; not here.
void tame_allocator();

/// Gives back what only the start needed: free heap, and the resident pages of program code (most of it relocation,
/// initialisers and configuration). Code that is needed again comes back from the page cache by a minor fault. Any thread, any
/// time.
void release_startup_memory();

}  // namespace darkroom
