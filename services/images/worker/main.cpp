// darkroom-image-worker: started by darkroom-images with a socket as descriptor 3; see protocol.hpp.
#include "services/images/worker/protocol.hpp"
#include "services/images/worker/source.hpp"
#include "services/images/worker/zygote.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>

namespace {

using namespace darkroom::images::worker;

GLogWriterOutput drop_log(GLogLevelFlags, const GLogField*, gsize, gpointer) {
    return G_LOG_WRITER_HANDLED;
}

/// GLib cannot do without memory: it says so and aborts, which would look like a crash.
void drop_message(const gchar*, GLogLevelFlags, const gchar* message, gpointer) {
    if (std::strstr(message, "failed to allocate") != nullptr) ::_exit(exit_out_of_memory);
}

void start_engine(const char* program) {
    // Corrupt images make decoders chatty; what matters comes back as an error.
    g_log_set_writer_func(&drop_log, nullptr, nullptr);
    g_log_set_default_handler(&drop_message, nullptr);
    // Before libvips 8.15 its vector path rounds 3x3 convolutions wrongly.
    if (vips_version(0) == 8 && vips_version(1) < 15) ::setenv("VIPS_NOVECTOR", "1", 1);
    // A large intermediate image goes to memory: the sandbox has no temporary files, and memory is limited anyway.
    ::setenv("VIPS_DISC_THRESHOLD", "16g", 1);
    if (vips_init(program) != 0) throw VipsFailure();
    vips_cache_set_max(0);
    vips_concurrency_set(1);
    allow_known_formats();
}

/// Part of every result's identity: raise it when an operation's pixels change.
constexpr int operations_revision = 4;

std::string engine_name() {
    return std::string("vips-") + vips_version_string() + "/" + std::to_string(operations_revision);
}

void inherit_nothing_else() {
    if (::fcntl(socket_descriptor, F_GETFD) < 0) {
        throw std::runtime_error("descriptor 3 is missing: this program is started by darkroom-images");
    }
    ::fcntl(socket_descriptor, F_SETFD, FD_CLOEXEC);
    // The service's sockets must not outlive it in here.
    ::close_range(socket_descriptor + 1, ~0U, 0);
}

}  // namespace

int main(int, char** argv) {
    try {
        inherit_nothing_else();
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        sigset_t blocked;
        sigemptyset(&blocked);
        sigaddset(&blocked, SIGCHLD);
        ::sigprocmask(SIG_BLOCK, &blocked, nullptr);
        std::signal(SIGPIPE, SIG_IGN);
        start_engine(argv[0]);
        Zygote zygote(socket_descriptor, engine_name());
        zygote.serve();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "darkroom-image-worker: %s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
