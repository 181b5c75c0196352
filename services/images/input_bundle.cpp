#include "services/images/input_bundle.hpp"

#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <system_error>

namespace darkroom::images {

namespace {

[[noreturn]] void cannot(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

/// Appends a whole file; how many bytes that were.
std::int64_t append(int to, int from) {
    struct stat status{};
    if (::fstat(from, &status) != 0) cannot("fstat");
    off_t at = 0;
    while (at < status.st_size) {
        const auto sent = ::sendfile(to, from, &at, static_cast<std::size_t>(status.st_size - at));
        if (sent < 0 && errno != EINTR) cannot("sendfile");
        if (sent == 0) break;
    }
    return at;
}

}  // namespace

awaitable<InputBundle> bundle_inputs(CpuPool& cpu, Descriptor source, OverlayFiles overlays) {
    struct Inputs {
        Descriptor source;
        OverlayFiles overlays;
    };
    const auto inputs = std::make_shared<Inputs>(std::move(source), std::move(overlays));
    const auto copy = [inputs] {
        InputBundle bundle{Descriptor(::memfd_create("darkroom-inputs", MFD_CLOEXEC)), {}};
        if (bundle.file.get() < 0) cannot("memfd_create");
        auto end = append(bundle.file.get(), inputs->source.get());
        for (const auto& [id, file] : inputs->overlays) {
            const auto size = append(bundle.file.get(), file.get());
            bundle.overlays.push_back({id, end, size});
            end += size;
        }
        return bundle;
    };
    return cpu.run(copy);
}

}  // namespace darkroom::images
