#include "platform/service/memory.hpp"

#include <malloc.h>
#include <sys/mman.h>

#include <bit>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>

namespace darkroom {

namespace {

constexpr int max_arenas = 2;
constexpr int trim_threshold_bytes = 128 * 1024;

struct Mapping {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    std::string permissions;
    std::string file;
};

/// A line of /proc/self/maps: "55d0-55e0 r-xp 00001000 fe:00 1234  /usr/lib/…"
Mapping parse_mapping(const std::string& line) {
    Mapping mapping;
    std::istringstream words(line);
    char dash = '\0';
    std::string offset;
    std::string device;
    std::string inode;
    words >> std::hex >> mapping.begin >> dash >> mapping.end >> mapping.permissions >> offset >> device >> inode >>
        mapping.file;
    return mapping;
}

/// Only these may be dropped: never written, so every page is as the file has it. Read-only data is not among them: it holds
/// relocated pointers that exist nowhere else.
bool is_program_code(const Mapping& mapping) {
    return mapping.permissions == "r-xp" && mapping.file.starts_with('/');
}

}  // namespace

void tame_allocator() {
    mallopt(M_ARENA_MAX, max_arenas);
    mallopt(M_TRIM_THRESHOLD, trim_threshold_bytes);
}

void release_startup_memory() {
    malloc_trim(0);
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        const auto mapping = parse_mapping(line);
        if (!is_program_code(mapping)) continue;
        // Advice: where the kernel does not take it, nothing is lost but memory.
        static_cast<void>(::madvise(std::bit_cast<void*>(mapping.begin), mapping.end - mapping.begin, MADV_DONTNEED));
    }
}

}  // namespace darkroom
