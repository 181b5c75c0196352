// What bad images, bad decoders and bad luck can do: nothing, but to their own job.
#include "services/images/tests/pictures.hpp"
#include "services/images/tests/worker_fixture.hpp"
#include "services/images/worker/sandbox.hpp"

#include "platform/async/runtime.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

namespace darkroom::images::testing {
namespace {

TEST(LookAt, TakesAJpegOfAFewPixels) {
    for (const int side : {1, 3, 7, 8, 9}) EXPECT_EQ(refusal_of(encode(a_photo(side, side), ".jpg")), "") << side;
}

TEST(Look, TellsTypeSizeAndAlphaByContent) {
    const auto facts = look_at(encode(a_plain(30, 20, {1, 2, 3, 4}), ".webp[lossless]"));

    EXPECT_EQ(facts.format, Format::webp);
    EXPECT_EQ(facts.width, 30);
    EXPECT_EQ(facts.height, 20);
    EXPECT_EQ(facts.frames, 1);
    EXPECT_TRUE(facts.has_alpha);
}

TEST(Look, RefusesWhatIsNoImage) {
    EXPECT_EQ(refusal_of(""), "empty_file");
    EXPECT_EQ(refusal_of("hello, world"), "unsupported_image");
    EXPECT_EQ(refusal_of("BMW is a car and not a bitmap, however long this text may grow to be in the end"),
              "unsupported_image");
    EXPECT_EQ(refusal_of("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>"), "unsupported_image");
    EXPECT_EQ(refusal_of("%PDF-1.7\n"), "unsupported_image");
}

TEST(Look, RefusesTruncatedFiles) {
    const auto photo = a_photo(300, 200);

    for (const auto* format : {".jpg", ".png", ".webp", ".gif", ".tif", ".avif"}) {
        const auto file = encode(photo, format);
        EXPECT_EQ(refusal_of(file), "") << format;
        EXPECT_EQ(refusal_of(file.substr(0, file.size() / 2)), "damaged_image") << format;
    }
    EXPECT_EQ(refusal_of(encode_bitmap(photo).substr(0, 5000)), "damaged_image");
}

TEST(Look, CountsPixelsTimesFramesBeforeDecoding) {
    EXPECT_EQ(refusal_of(png_claiming(30000, 30000)), "too_many_pixels");
    const auto animation = encode_animation(a_photo(100, 100), 10);
    EXPECT_EQ(refusal_of(animation, {.max_pixels = 99'999}), "too_many_pixels");
    EXPECT_EQ(refusal_of(animation, {.max_pixels = 100'000}), "");
    EXPECT_EQ(look_at(animation).frames, 10);
}

TEST(Look, SurvivesRandomDamage) {
    const auto photo = a_photo(120, 90);
    std::mt19937 random(7);
    Runtime runtime;
    for (const auto* format : {".jpg", ".png", ".webp", ".gif", ".tif"}) {
        auto file = encode(photo, format);
        for (int i = 0; i < 20; ++i) file.at(random() % file.size()) = static_cast<char>(random());
        // Any answer will do, as long as there is one.
        const auto answer = refusal_of(file);
        EXPECT_TRUE(answer.empty() || answer == "damaged_image" || answer == "unsupported_image" || answer == "too_many_pixels")
            << format << ": " << answer;
    }
}

TEST(Limits, AnOutputBeyondItsBoundIsRefused) {
    const auto answer = transform(encode(a_photo(400, 400), ".png"), R"([{"transformation_type":"grayscale"}])", Format::png,
                                  {.output_bytes = 1000});

    ASSERT_TRUE(std::holds_alternative<worker::Refusal>(answer.outcome));
    EXPECT_EQ(std::get<worker::Refusal>(answer.outcome).code, "result_too_large");
}

constexpr const char* slow_steps = R"([{"transformation_type":"gaussian_blur","parameters":{"sigma":12}}])";

TEST(Limits, ProcessorTimeIsBounded) {
    const auto answer = transform(encode(a_photo(4000, 3000), ".jpg"), slow_steps, Format::avif, {.cpu_seconds = 1});

    ASSERT_TRUE(std::holds_alternative<worker::Refusal>(answer.outcome));
    EXPECT_EQ(std::get<worker::Refusal>(answer.outcome).code, "took_too_long");
}

/// A worker with one long job running, and what became of it.
struct LongJob {
    Runtime& runtime;
    ImageWorker& worker;
    int input;
    ImageWorker::JobNumber number = 0;
    std::optional<JobOutcome> outcome;
    /// Called at the first sign of life.
    std::function<void()> once_running;
};

awaitable<> run_long_job(LongJob& job) {
    job.runtime.tasks().spawn("worker", job.worker.run());
    RecipeRequest request;
    request.transformation_type = "gaussian_blur";
    request.format = Format::avif;
    job.number = job.worker.next_job();
    bool told = false;
    const auto on_progress = [&job, &told](int) {
        if (!std::exchange(told, true)) job.once_running();
    };
    job.outcome = co_await job.worker.transform(job.number, job.input, parse_recipe(request).value().recipe, on_progress);
}

std::string a_large_photo() {
    static const auto file = encode(a_photo(4000, 3000), ".jpg");
    return file;
}

TEST(Kill, EndsARunningJobQuickly) {
    Runtime runtime;
    ImageWorker worker(runtime.executor(), {.program = worker_program()});
    const auto input = a_file(a_large_photo());
    LongJob job{runtime, worker, input.get()};
    SteadyClock::time_point killed_at;
    job.once_running = [&] {
        killed_at = SteadyClock::now();
        worker.kill(job.number);
    };

    runtime.run(with_deadline(60s, "the job", run_long_job(job)));

    ASSERT_TRUE(job.outcome && std::holds_alternative<Interrupted>(*job.outcome));
    EXPECT_LT(SteadyClock::now() - killed_at, 300ms);
}

TEST(Crash, IsToldApartFromARefusalAndSparesTheOthers) {
    Runtime runtime;
    ImageWorker worker(runtime.executor(), {.program = worker_program()});
    const auto input = a_file(a_large_photo());
    LongJob job{runtime, worker, input.get()};
    job.once_running = [] { signal_jobs(SIGABRT); };
    const auto small = a_file(encode(a_photo(50, 40), ".png"));
    worker::ImageFacts facts;
    const auto both = [](LongJob& first, int second, worker::ImageFacts& out) -> awaitable<> {
        co_await run_long_job(first);
        out = co_await first.worker.look_at(second);
    };

    runtime.run(with_deadline(60s, "the jobs", both(job, small.get(), facts)));

    ASSERT_TRUE(job.outcome && std::holds_alternative<Crashed>(*job.outcome));
    EXPECT_NE(std::get<Crashed>(*job.outcome).reason.find("signal 6"), std::string::npos);
    EXPECT_EQ(facts.width, 50);
}

TEST(Zygote, IsRestartedAndItsJobsAreGivenBack) {
    Runtime runtime;
    ImageWorker worker(runtime.executor(), {.program = worker_program()});
    const auto input = a_file(a_large_photo());
    LongJob job{runtime, worker, input.get()};
    pid_t job_process = 0;
    job.once_running = [&job_process] {
        const auto zygote = worker_processes(::getpid()).at(0);
        job_process = worker_processes(zygote).at(0);
        ::kill(zygote, SIGKILL);
    };
    const auto small = a_file(encode(a_photo(50, 40), ".png"));
    worker::ImageFacts facts;
    const auto both = [](LongJob& first, int second, worker::ImageFacts& out) -> awaitable<> {
        co_await run_long_job(first);
        out = co_await first.worker.look_at(second);
    };

    runtime.run(with_deadline(60s, "the jobs", both(job, small.get(), facts)));

    EXPECT_TRUE(job.outcome && std::holds_alternative<Interrupted>(*job.outcome));
    EXPECT_EQ(facts.width, 50);
    // The kernel kills the orphan; somebody else reaps it, so all we can see is that it is gone or a zombie.
    const auto gone = [job_process] {
        std::ifstream stat("/proc/" + std::to_string(job_process) + "/stat");
        std::string pid;
        std::string name;
        std::string state;
        stat >> pid >> name >> state;
        return !stat || state == "Z" || state == "X";
    };
    for (int i = 0; i < 200 && !gone(); ++i) std::this_thread::yield();
    EXPECT_TRUE(gone());
}

awaitable<> look_once_the_program_is_there(Runtime& runtime, std::string program, int input, worker::ImageFacts& facts) {
    ImageWorker worker(runtime.executor(), {.program = program});
    TaskGroup group(runtime.executor());
    group.spawn("worker", worker.run());
    // Lets the task run: its first start fails.
    co_await pause_for(1ms);
    std::filesystem::create_symlink(worker_program(), program);
    facts = co_await worker.look_at(input);
    co_await group.stop(5s);
}

TEST(Zygote, IsStartedOnceItsProgramIsThere) {
    const auto directory = std::filesystem::temp_directory_path() / ("darkroom-" + new_uuid());
    std::filesystem::create_directory(directory);
    const auto small = a_file(encode(a_photo(50, 40), ".png"));
    Runtime runtime;
    worker::ImageFacts facts;

    runtime.run(look_once_the_program_is_there(runtime, (directory / "worker").string(), small.get(), facts));

    EXPECT_EQ(facts.width, 50);
    std::filesystem::remove_all(directory);
}

/// The exit code of `attempt()` in a sandboxed process of its own, or minus the signal that killed it.
int in_sandbox(int (*attempt)()) {
    const auto pid = ::fork();
    if (pid == 0) {
        worker::enter_sandbox();
        ::_exit(attempt());
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Sandbox, AllowsComputing) {
    const auto compute = [] {
        std::vector<int> numbers(1'000'000, 7);
        return numbers[999'999];
    };

    EXPECT_EQ(in_sandbox(compute), 7);
}

TEST(Sandbox, RefusesFilesAndNetwork) {
    EXPECT_EQ(in_sandbox([] { return ::open("/etc/passwd", O_RDONLY) < 0 ? errno : 0; }), EACCES);
    EXPECT_EQ(in_sandbox([] { return ::open("/tmp/x", O_CREAT | O_WRONLY, 0600) < 0 ? errno : 0; }), EACCES);
    EXPECT_EQ(in_sandbox([] { return ::socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0; }), EACCES);
    EXPECT_EQ(in_sandbox([] { return ::unlink("/tmp/x") < 0 ? errno : 0; }), EACCES);
}

TEST(Sandbox, KillsWhoStartsProgramsOrTouchesOthers) {
    EXPECT_EQ(in_sandbox([] { return ::execl("/bin/true", "true", nullptr); }), -SIGSYS);
    EXPECT_EQ(in_sandbox([] { return static_cast<int>(::fork()); }), -SIGSYS);
    EXPECT_EQ(in_sandbox([] { return ::kill(::getppid(), SIGTERM); }), -SIGSYS);
    EXPECT_EQ(in_sandbox([] { return ::chmod("/tmp", 0777); }), -SIGSYS);
}

}  // namespace
}  // namespace darkroom::images::testing
