#include "services/images/worker/sandbox.hpp"

#include <sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <memory>
#include <system_error>

namespace darkroom::images::worker {

namespace {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define DARKROOM_SHADOW_MEMORY 1
#endif
#endif

void limit(__rlimit_resource resource, std::int64_t soft, std::int64_t hard) {
    const rlimit both{static_cast<rlim_t>(soft), static_cast<rlim_t>(hard)};
    if (::setrlimit(resource, &both) != 0) throw std::system_error(errno, std::generic_category(), "setrlimit");
}

/// Memory, threads, time, and descriptors that are open already.
constexpr std::array allowed{
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(getrandom),
    SCMP_SYS(tgkill),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrusage),
};

/// Libraries try these out of habit (fonts, locale, processor features) and cope with a refusal.
constexpr std::array refused{
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(openat2),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(statfs),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(unlink),
    SCMP_SYS(mkdir),
    SCMP_SYS(getcwd),
    SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),
    SCMP_SYS(uname),
    SCMP_SYS(socket),
    SCMP_SYS(connect),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(prlimit64),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(get_mempolicy),
    SCMP_SYS(mbind),
};

struct ReleaseFilter {
    void operator()(void* filter) const { seccomp_release(filter); }
};

void add(scmp_filter_ctx filter, std::uint32_t action, int call) {
    // A call this architecture does not have cannot be made either.
    const int result = seccomp_rule_add(filter, action, call, 0);
    if (result != 0 && result != -EDOM && result != -EINVAL) throw std::runtime_error("seccomp: a rule was refused");
}

/// A quarter of what the job may have.
std::size_t last_quarter = 0;

/// Codecs die when an allocation fails: those in Rust abort, some in C never look. That is told from a crash by how little
/// memory is left.
void on_death(int signal) {
    const void* probe = ::mmap(nullptr, last_quarter, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (probe == MAP_FAILED) ::_exit(exit_out_of_memory);
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

}  // namespace

void apply_limits(const Limits& limits) {
#ifndef DARKROOM_SHADOW_MEMORY
    // Sanitizers map terabytes of shadow.
    limit(RLIMIT_AS, limits.memory_bytes, limits.memory_bytes);
    last_quarter = static_cast<std::size_t>(limits.memory_bytes) / 4;
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS}) std::signal(signal, &on_death);
#endif
    // SIGXCPU says why; SIGKILL follows, should it be caught.
    limit(RLIMIT_CPU, limits.cpu_seconds, limits.cpu_seconds + 1);
    limit(RLIMIT_FSIZE, limits.output_bytes, limits.output_bytes);
    limit(RLIMIT_NOFILE, 16, 16);
    limit(RLIMIT_CORE, 0, 0);
    // Too large an output is then an error of write(), not a death.
    std::signal(SIGXFSZ, SIG_IGN);
}

void enter_sandbox() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        throw std::system_error(errno, std::generic_category(), "prctl");
    }
    const std::unique_ptr<void, ReleaseFilter> filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
    if (!filter) throw std::runtime_error("seccomp: no filter could be made");
    for (const int call : allowed) add(filter.get(), SCMP_ACT_ALLOW, call);
    for (const int call : refused) add(filter.get(), SCMP_ACT_ERRNO(EACCES), call);
    // Threads, but no processes. The C library falls back from clone3, whose flags a filter cannot see, to clone.
    add(filter.get(), SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3));
    constexpr scmp_datum_t thread_flags = CLONE_THREAD | CLONE_VM;
    const scmp_arg_cmp makes_a_thread{0, SCMP_CMP_MASKED_EQ, thread_flags, thread_flags};
    const scmp_arg_cmp names_a_thread{0, SCMP_CMP_EQ, PR_SET_NAME, 0};
    int failed = seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &makes_a_thread);
    failed |= seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, &names_a_thread);
    failed |= seccomp_load(filter.get());
    if (failed != 0) throw std::runtime_error("seccomp: the filter could not be loaded");
}

}  // namespace darkroom::images::worker
