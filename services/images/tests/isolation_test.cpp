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

Animation a_film(int frames, int width, int height) {
    Animation film;
    for (int i = 0; i < frames; ++i) {
        film.frames.push_back(a_photo(width, height));
        // Each frame differs all over, so that no format takes a shortcut.
        for (auto& byte : film.frames.back().bytes) byte = static_cast<std::uint8_t>(byte + 23 * i);
        film.delays.push_back(100);
    }
    return film;
}

TEST(Look, RefusesAnAnimationThatBreaksOff) {
    const auto film = a_film(8, 60, 40);

    for (const auto* format : {".gif", ".webp[lossless]", ".webp"}) {
        const auto file = encode_frames(film, format);
        ASSERT_EQ(look_at(file).frames, 8) << format;
        for (const double share : {0.2, 0.5, 0.8, 0.99}) {
            const auto kept = static_cast<std::size_t>(share * static_cast<double>(file.size()));
            EXPECT_EQ(refusal_of(file.substr(0, kept)), "damaged_image") << format << " " << share;
        }
    }
}

TEST(Look, CountsTenThousandFrames) {
    Animation film{std::vector<Picture>(10'000, a_plain(1, 1, {1, 2, 3})), std::vector<int>(10'000, 100), 0};
    for (std::size_t i = 0; i < film.frames.size(); i += 2) film.frames[i].bytes[0] = 200;
    const auto file = encode_frames(film, ".gif[keep_duplicate_frames]");

    EXPECT_EQ(look_at(file).frames, 10'000);
    EXPECT_EQ(refusal_of(file, {.max_pixels = 9'999}), "too_many_pixels");
    const auto result = transformed(file, R"([{"transformation_type":"invert"}])");
    EXPECT_EQ(look_at(result).frames, 10'000);
}

TEST(Look, RefusesACanvasThatIsTooLarge) {
    const auto webp = encode_frames(a_film(2, 60, 40), ".webp");
    ASSERT_EQ(webp.substr(12, 4), "VP8X");
    auto gif = encode_frames(a_film(2, 60, 40), ".gif");
    for (const std::size_t at : {6U, 7U, 8U, 9U}) gif.at(at) = '\xFF';

    EXPECT_EQ(refusal_of(with_canvas(webp, 60, 40)), "");
    EXPECT_EQ(refusal_of(with_canvas(webp, 16383, 16383)), "too_many_pixels");
    EXPECT_EQ(refusal_of(with_canvas(webp, 10, 10)), "damaged_image") << "smaller than its frames";
    EXPECT_EQ(refusal_of(with_canvas(webp, 16'777'216, 200)), "damaged_image") << "more than libwebp has a canvas for";
    EXPECT_EQ(look_at(gif).width, 60) << "its frames count, not a screen that nobody has";
}

TEST(Limits, TooLittleMemoryIsSaidAndIsNoCrash) {
    constexpr std::int64_t little = 256LL * 1024 * 1024;
    constexpr const char* steps = R"([{"transformation_type":"flip"}])";
    const auto film = with_canvas(encode_frames(a_film(2, 60, 40), ".webp"), 5'000, 4'000);
    const auto still = encode(a_plain(7'000, 7'000, {1, 2, 3}), ".png[compression=1]");

    for (const auto& [file, format] : {std::pair{film, Format::gif}, {film, Format::webp}, {still, Format::png}}) {
        const auto answer = transform(file, steps, format, {.memory_bytes = little});
        const auto* refusal = std::get_if<worker::Refusal>(&answer.outcome);
        ASSERT_NE(refusal, nullptr);
        EXPECT_TRUE(refusal->code == "too_much_memory" || refusal->code == "result_too_large") << refusal->message;
    }
}

TEST(Look, TakesNoBeginningForAnImage) {
    for (const auto* beginning : {"GIF89a", "GIF87a\x01\x01\x01\x01", "GIF89a and then a letter to nobody", "\xFF\xD8\xFF",
                                  "\x89PNG\r\n\x1A\n", "RIFF\x20\x20\x20\x20WEBP", "RIFF\x20\x20\x20\x20WEBPVP8X"}) {
        EXPECT_EQ(refusal_of(beginning), "damaged_image") << beginning;
    }
    for (const auto* beginning : {"RIFF\x20\x20\x20\x20WAVEfmt ", "BM", "II*", "....ftypavif"}) {
        EXPECT_EQ(refusal_of(beginning), "unsupported_image") << beginning;
    }
}

TEST(Look, SurvivesRandomDamage) {
    const auto photo = a_photo(120, 90);
    std::mt19937 random(7);
    Runtime runtime;
    std::vector<std::string> files;
    for (const auto* format : {".jpg", ".png", ".webp", ".gif", ".tif"}) files.push_back(encode(photo, format));
    for (const auto* format : {".webp", ".webp[lossless]", ".gif"}) files.push_back(encode_frames(a_film(4, 60, 40), format));
    for (auto& file : files) {
        for (int i = 0; i < 20; ++i) file.at(random() % file.size()) = static_cast<char>(random());
        // Any answer will do, as long as there is one.
        const auto answer = refusal_of(file);
        EXPECT_TRUE(answer.empty() || answer == "damaged_image" || answer == "unsupported_image" || answer == "too_many_pixels")
            << answer;
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
